"""Personas: accounts that are described so that a runner can play them."""
