"""Endpoints for monitoring: /healthz, /readyz, /metrics."""
