"""What a monitor asks: /healthz, /readyz, /metrics."""
