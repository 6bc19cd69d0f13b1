"""Registration, login, sessions, tokens, and access control."""
