"""A product that is open from the tier `beta` up. It trusts the service's tokens, by its keys."""

import jwt
from flask import Flask, request

TIERS = ["guest", "public", "beta", "alpha", "founder"]


def check(token: str, keys: dict[str | None, jwt.PyJWK], issuer: str) -> dict[str, str]:
    """The claims of an access token (RFC 9068). Raises jwt.PyJWTError or KeyError if it is not
    good."""
    checked = jwt.decode_complete(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["EdDSA"],  # never what the token itself asks for
        issuer=issuer,
        audience="mana",
        options={"require": ["iss", "aud", "sub", "iat", "exp"], "strict_aud": True},
    )
    if checked["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("Not an access token")
    claims: dict[str, str] = checked["payload"]
    return claims


def create_product(keys: list[dict[str, str]], issuer: str) -> Flask:
    product = Flask(__name__)
    known = {key.key_id: key for key in jwt.PyJWKSet(keys).keys}

    @product.get("/beta")
    def beta() -> tuple[str, int]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = check(token, known, issuer)
        except (jwt.PyJWTError, KeyError):
            return "Log in first.", 401
        if TIERS.index(claims["tier"]) < TIERS.index("beta"):
            return f"Not yet for you, {claims['email']}.", 403
        return f"Welcome, {claims['email']}.", 200

    return product
