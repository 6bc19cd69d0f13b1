"""Spaces: where people and personas work, alone and together."""
