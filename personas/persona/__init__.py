"""Personas: accounts with a description that a runner plays."""
