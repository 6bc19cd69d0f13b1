"""A persona's password: derived from one secret, stored nowhere (contract, section 9)."""

import base64
import hashlib
import hmac
import re

LENGTH = 32


def password(secret: str, email: str) -> str:
    """The 32 characters that whoever holds the secret derives again; `email` is canonical."""
    digest = hmac.digest(secret.encode(), email.encode(), hashlib.sha256)
    return re.sub("[^A-Za-z0-9]", "", base64.b64encode(digest).decode())[:LENGTH]


def version(secret: str) -> str:
    """Which secret a password came from, in 16 hex digits that do not give the secret away."""
    return hmac.digest(secret.encode(), b"personas seed version", hashlib.sha256).hex()[:16]
