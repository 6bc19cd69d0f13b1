"""A product that is open from the tier `beta` up. It trusts the service's tokens, by its keys."""

import jwt
from flask import Flask, request

MAY_ENTER = ["beta", "alpha", "founder"]
CLAIMS = ["iss", "aud", "sub", "iat", "exp", "email", "tier"]


def create_product(keys: list[dict[str, str]], issuer: str) -> Flask:
    product = Flask(__name__)
    known = {key.key_id: key for key in jwt.PyJWKSet(keys).keys}

    def check(token: str) -> dict[str, str]:
        """The claims of an access token (RFC 9068). Raises jwt.PyJWTError if it is not good."""
        key = known.get(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise jwt.InvalidTokenError("Not a key of the service")
        checked = jwt.decode_complete(
            token,
            key,
            algorithms=["EdDSA"],  # never what the token itself asks for
            issuer=issuer,
            audience="mana",
            options={"require": CLAIMS, "strict_aud": True},
        )
        if checked["header"].get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("Not an access token")
        return checked["payload"]

    @product.get("/beta")
    def beta() -> tuple[str, int]:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            claims = check(token if scheme.lower() == "bearer" else "")
        except jwt.PyJWTError:
            return "Log in first.", 401
        if claims["tier"] not in MAY_ENTER:
            return f"Not yet for you, {claims['email']}.", 403
        return f"Welcome, {claims['email']}.", 200

    return product
