"""A persona's password: derived from one secret, never stored (contract, section 9)."""

import base64
import hashlib
import hmac
import re

LENGTH = 32


def password(secret: str, email: str) -> str:
    """Derive the 32 characters of a password from the secret; `email` is canonical."""
    digest = hmac.digest(secret.encode(), email.encode(), hashlib.sha256)
    return re.sub("[^A-Za-z0-9]", "", base64.b64encode(digest).decode())[:LENGTH]


def version(secret: str) -> str:
    """Identify the secret by 16 hexadecimal digits that do not reveal it."""
    return hmac.digest(secret.encode(), b"personas seed version", hashlib.sha256).hex()[:16]
