"""The pytest plugin: personas in other people's tests (docs/testing.md)."""
