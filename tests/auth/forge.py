"""Tokens that the tests sign themselves, with any header and claims."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MISSING = ...


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))


def forge(key: Ed25519PrivateKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A token signed with `key`."""
    signing_input = unsigned(header, claims)
    return f"{signing_input}.{base64url(key.sign(signing_input.encode()))}"


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token, unchecked."""
    header, claims = (base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2])
    return json.loads(header), json.loads(claims)


def changed(original: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A header or claims with other values, or without those that are MISSING."""
    return {key: value for key, value in {**original, **changes}.items() if value is not MISSING}
