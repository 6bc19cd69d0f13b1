"""The catalog of personas and spaces; seeding it into a service and comparing it with one."""
