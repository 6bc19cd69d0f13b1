"""Signing up and in: sessions, tokens, who may call what."""
