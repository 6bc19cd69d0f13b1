"""A service that knows no passwords and no database: it checks the tokens of another one."""

import os

import jwt
from flask import Flask, request

ISSUER = os.environ.get("PERSONAS_URL", "http://localhost:5000")
AUDIENCE = os.environ.get("PERSONAS_AUDIENCE", "mana")

app = Flask(__name__)
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300)


def check(token):
    """The claims of an access token (RFC 9068). Raises jwt.PyJWTError if it is not good."""
    # an unknown kid makes the client fetch the keys once more: they may have been rotated
    key = keys.get_signing_key_from_jwt(token)
    checked = jwt.decode_complete(
        token,
        key,
        algorithms=["EdDSA"],  # never what the token itself asks for
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["iss", "aud", "sub", "iat", "exp"], "strict_aud": True},
    )
    if checked["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("Not an access token")
    return checked["payload"]


@app.get("/me")
def me():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return {"error": "No token"}, 401, {"WWW-Authenticate": "Bearer"}
    claims = check(token)
    return {name: claims[name] for name in ("email", "kind", "role", "tier")}


@app.errorhandler(jwt.PyJWTError)
def not_good(error):
    return {"error": str(error)}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@app.errorhandler(jwt.PyJWKClientConnectionError)
def no_keys(_error):
    return {"error": "The keys cannot be fetched"}, 503, {"Retry-After": "5"}
