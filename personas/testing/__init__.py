"""The pytest plugin: use personas in the tests of a product (docs/testing.md)."""
