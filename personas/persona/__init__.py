"""Personas: accounts with a description, by which a runner plays them."""
