"""A product that admits the tier `beta` and higher. It checks access tokens with public keys."""

import jwt
from flask import Flask, request

TIERS = ["guest", "public", "beta", "alpha", "founder"]


def check(token: str, keys: dict[str | None, jwt.PyJWK], issuer: str) -> dict[str, str]:
    """The claims of a valid access token (RFC 9068). Raises jwt.PyJWTError or KeyError for an
    invalid one."""
    decoded = jwt.decode_complete(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["EdDSA"],  # never use the algorithm that the token names
        issuer=issuer,
        audience="mana",
        options={"require": ["iss", "aud", "sub", "iat", "exp"], "strict_aud": True},
    )
    if decoded["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("Not an access token")
    claims: dict[str, str] = decoded["payload"]
    return claims


def create_product(keys: list[dict[str, str]], issuer: str) -> Flask:
    product = Flask(__name__)
    keys_by_id = {key.key_id: key for key in jwt.PyJWKSet(keys).keys}

    @product.get("/beta")
    def beta() -> tuple[str, int]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = check(token, keys_by_id, issuer)
        except (jwt.PyJWTError, KeyError):
            return "Log in first.", 401
        if TIERS.index(claims["tier"]) < TIERS.index("beta"):
            return f"The beta is not open for you yet, {claims['email']}.", 403
        return f"Welcome, {claims['email']}.", 200

    return product
