"""Sign and check access tokens (JWT, RFC 9068), refresh tokens and session cookies."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from itsdangerous import BadSignature, Signer

from personas.config.settings import Settings
from personas.database.types import new_id
from personas.user.models import User

LIFETIME = 900  # seconds that an access token is valid for
MAX_BYTES = 4096
TYPE = "at+jwt"
ALGORITHM = "EdDSA"
TEXT_CLAIMS = ("iss", "aud", "sub", "sid", "jti")
SIGNATURE_ONLY: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


class BadToken(Exception):
    """The token is invalid. Clients are not told why."""


def jwks(settings: Settings) -> list[dict[str, str]]:
    """Return the public keys, the current one first (RFC 8037)."""
    return [_jwk(key) for key in _public_keys(settings)]


def sign_access(settings: Settings, user: User, session_id: str, *, now: datetime) -> str:
    """Return an access token for `user` in a session, valid for 900 seconds from `now`."""
    issued = int(now.timestamp())
    claims = {
        "iss": settings.url,
        "aud": settings.audience,
        "sub": user.id,
        "sid": session_id,
        "jti": new_id(),
        "iat": issued,
        "exp": issued + LIFETIME,
        "email": user.email,
        "kind": user.kind,
        "role": user.role,
        "tier": user.access_tier,
    }
    key = settings.jwt_private_key
    headers = {"typ": TYPE, "kid": _jwk(key.public_key())["kid"]}
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)


def read_access(settings: Settings, token: str, *, now: datetime) -> tuple[str, str]:
    """Return the ids of the account and the session in an access token.

    Raises BadToken unless section 2 of the contract accepts it. The library checks only the
    signature: its own checks of the claims are too lenient.
    """
    if len(token.encode(errors="replace")) > MAX_BYTES:
        raise BadToken
    try:
        header = jwt.get_unverified_header(token)
        key = {_jwk(key)["kid"]: key for key in _public_keys(settings)}[header["kid"]]
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM or "crit" in header:
            raise BadToken
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], options=SIGNATURE_ONLY)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError):
        raise BadToken from None
    check_claims(claims, settings, now=now.timestamp())
    return claims["sub"], claims["sid"]


def check_claims(claims: Mapping[str, Any], settings: Settings, *, now: float) -> None:
    """Check the types before the values, because a claim can be any JSON value. Raises BadToken."""
    texts = [claims.get(name) for name in TEXT_CLAIMS]
    if not all(isinstance(text, str) and text for text in texts):
        raise BadToken
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int:
        raise BadToken
    valid_from = claims.get("nbf", issued)
    if type(valid_from) not in (int, float) or not valid_from <= now:
        raise BadToken
    if not (issued <= now < expires and 0 < expires - issued <= LIFETIME):
        raise BadToken
    if claims["iss"] != settings.url or claims["aud"] != settings.audience:
        raise BadToken


def sign_refresh(settings: Settings, session_id: str, generation: int) -> str:
    return _signer(settings, "refresh").sign(f"{session_id}.{generation}").decode()


def read_refresh(settings: Settings, token: str) -> tuple[str, int]:
    """Return the session's id and the number of the token in its chain. Raises BadToken."""
    session_id, _, generation = _unsign(settings, "refresh", token).partition(".")
    return session_id, int(generation)


def sign_cookie(settings: Settings, session_id: str) -> str:
    return _signer(settings, "cookie").sign(session_id).decode()


def read_cookie(settings: Settings, cookie: str) -> str:
    """Return the session's id. Raises BadToken."""
    return _unsign(settings, "cookie", cookie)


def _signer(settings: Settings, purpose: str) -> Signer:
    return Signer(settings.secret_key, salt=f"personas.{purpose}", digest_method=hashlib.sha256)


def _unsign(settings: Settings, purpose: str, text: str) -> str:
    signer = _signer(settings, purpose)
    try:
        value = signer.unsign(text).decode()
    except (BadSignature, ValueError):
        raise BadToken from None
    if signer.sign(value).decode() != text:  # the same bytes have several base64 forms
        raise BadToken
    return value


def _public_keys(settings: Settings) -> tuple[Ed25519PublicKey, ...]:
    return (settings.jwt_private_key.public_key(), *settings.jwt_previous_keys)


def _jwk(key: Ed25519PublicKey) -> dict[str, str]:
    x = _base64url(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    # RFC 7638: the thumbprint is over the required members, in this order, without spaces
    required = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    kid = _base64url(hashlib.sha256(required.encode()).digest())
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": ALGORITHM, "use": "sig"}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
