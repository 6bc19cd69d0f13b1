"""Spaces: where people and personas work, alone or together."""
