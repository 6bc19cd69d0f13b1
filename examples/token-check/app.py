"""A service without passwords and database: it checks the access tokens of the personas service."""

import os

import jwt
from flask import Flask, request

ISSUER = os.environ.get("PERSONAS_URL", "http://localhost:5000")
AUDIENCE = os.environ.get("PERSONAS_AUDIENCE", "mana")

app = Flask(__name__)
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300)


def check(token):
    """The claims of a valid access token (RFC 9068). Raises jwt.PyJWTError for an invalid one."""
    # for an unknown kid the client fetches the keys again: they may have been rotated
    key = keys.get_signing_key_from_jwt(token)
    decoded = jwt.decode_complete(
        token,
        key,
        algorithms=["EdDSA"],  # never use the algorithm that the token names
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["iss", "aud", "sub", "iat", "exp"], "strict_aud": True},
    )
    if decoded["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("Not an access token")
    return decoded["payload"]


@app.get("/me")
def me():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return {"error": "No token"}, 401, {"WWW-Authenticate": "Bearer"}
    claims = check(token)
    return {name: claims[name] for name in ("email", "kind", "role", "tier")}


@app.errorhandler(jwt.PyJWTError)
def invalid_token(error):
    return {"error": str(error)}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@app.errorhandler(jwt.PyJWKClientConnectionError)
def keys_unavailable(_error):
    return {"error": "Cannot fetch the public keys. Try again later."}, 503, {"Retry-After": "5"}
