"""A product that is open from the tier `beta` up. It trusts the service's tokens, by its keys."""

import jwt
from flask import Flask, request

TIERS = ["guest", "public", "beta", "alpha", "founder"]


def create_product(keys: list[dict[str, str]], issuer: str) -> Flask:
    product = Flask(__name__)
    known = {key.key_id: key for key in jwt.PyJWKSet(keys).keys}

    @product.get("/beta")
    def beta() -> tuple[str, int]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            key = known[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, ["EdDSA"], audience="mana", issuer=issuer)
        except (jwt.PyJWTError, KeyError):
            return "Log in first.", 401
        if TIERS.index(claims["tier"]) < TIERS.index("beta"):
            return f"Not yet for you, {claims['email']}.", 403
        return f"Welcome, {claims['email']}.", 200

    return product
