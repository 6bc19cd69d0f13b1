"""The catalog of personas and spaces, and how it is put into a service."""
