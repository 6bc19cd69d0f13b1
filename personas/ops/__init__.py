"""Running the service: logs and metrics."""
