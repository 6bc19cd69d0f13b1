"""A typed client of the service over HTTP."""
