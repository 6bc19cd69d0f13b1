"""Speed and memory, each with its limit: `just benchmark`."""
