"""Benchmarks of speed and memory, with limits: `just benchmark`."""
