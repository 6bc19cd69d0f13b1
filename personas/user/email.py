"""The canonical form of an e-mail, the only one that is stored, compared or used in a hash."""

import re
import unicodedata

MAX_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
MAX_LOCAL = 64
ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = rf"{ATOM}(?:\.{ATOM})*"  # RFC 5321, dot-string
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1035
DOMAIN = rf"{LABEL}(?:\.{LABEL})*"
EMAIL = re.compile(rf"(?=[^@]{{1,{MAX_LOCAL}}}@){LOCAL}@{DOMAIN}")


def canonical(text: str) -> str:
    """NFKC, then lower case, then checked. Raises ValueError unless it is an ASCII address of
    at most 254 characters (contract, section 2)."""
    # a longer text never becomes a valid address, and normalizing all of it could take seconds
    email = unicodedata.normalize("NFKC", text[: MAX_LENGTH + 1]).lower()
    if len(email) > MAX_LENGTH or not EMAIL.fullmatch(email):
        raise ValueError("Not a valid e-mail address.")
    return email


def local_part(email: str) -> str:
    return email.partition("@")[0]


def domain(email: str) -> str:
    return email.rpartition("@")[2]
