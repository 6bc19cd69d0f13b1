"""The published keys that verify tokens, and their rotation."""

from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient

from personas.config.secrets import new_private_key, private_key
from personas.config.settings import Settings
from personas.state import state_of
from tests.auth.forge import base64url, forge, read
from tests.people import PASSWORD, Account

JWKS = ["/.well-known/jwks.json", "/api/auth/jwks", "/api/v1/auth/jwks"]
CLAIMS = {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "email", "kind", "role", "tier"}


def test_three_paths_serve_the_same_keys(client: FlaskClient) -> None:
    answers = [client.get(path) for path in JWKS]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].data == answers[1].data == answers[2].data
    (jwk,) = answers[0].get_json()["keys"]
    assert set(jwk) == {"kty", "crv", "x", "kid", "alg", "use"}
    assert (jwk["kty"], jwk["crv"], jwk["alg"], jwk["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")


def test_token_can_be_verified_with_the_published_keys(
    client: FlaskClient, create_user: Callable[..., Account]
) -> None:
    bob = create_user("bob@example.org")
    keys = jwt.PyJWKSet.from_dict(client.get(JWKS[0]).get_json())
    header = jwt.get_unverified_header(bob.token)

    claims = jwt.decode(
        bob.token,
        keys[header["kid"]].key,
        algorithms=["EdDSA"],
        audience="mana",
        issuer="http://localhost:5000",
        options={"require": ["iss", "aud", "sub", "jti", "iat", "exp"]},
    )

    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": header["kid"]}
    assert set(claims) == CLAIMS
    assert claims["exp"] - claims["iat"] == 900
    assert (claims["sub"], claims["email"]) == (bob.id, "bob@example.org")
    assert (claims["kind"], claims["role"], claims["tier"]) == ("human", "user", "public")


def test_issuer_and_audience_come_from_the_settings_only(make_app: Callable[..., Flask]) -> None:
    client = make_app(url="https://personas.example.org/", audience="tools").test_client()
    body = {"email": "bob@example.org", "password": PASSWORD}

    token = client.post("/api/v1/auth/register", json=body, base_url="http://evil.example").json

    _, claims = read((token or {})["token"])
    assert (claims["iss"], claims["aud"]) == ("https://personas.example.org", "tools")


def test_each_token_has_its_own_id(client: FlaskClient, ann: Account) -> None:
    answer = client.post("/api/v1/auth/refresh", json={"refreshToken": ann.refresh_token})

    assert read(ann.token)[1]["jti"] != read(answer.get_json()["token"])[1]["jti"]


def public_pem(pem: str) -> str:
    public = private_key(pem).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "write",
    [str, public_pem, lambda pem: pem.replace("\n", "\\n"), lambda pem: new_private_key() + pem],
    ids=["private", "public", "one line", "the last of two"],
)
def test_previous_key_still_verifies_tokens(
    make_app: Callable[..., Flask], ann: Account, write: Callable[[str], str]
) -> None:
    previous = new_private_key()
    client = make_app(jwt_previous_keys=write(previous)).test_client()
    header, claims = read(ann.token)

    current, *others = client.get(JWKS[0]).get_json()["keys"]
    token = forge(private_key(previous), header | {"kid": others[-1]["kid"]}, claims)
    answer = client.get("/api/v1/auth/session", headers={"Authorization": f"Bearer {token}"})

    raw = private_key(previous).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert others[-1]["x"] == base64url(raw)
    assert current["kid"] == header["kid"]
    assert all(set(key) == set(current) for key in others)
    assert answer.status_code == 200


def test_old_tokens_stay_valid_after_a_key_rotation(
    app: Flask, make_app: Callable[..., Flask], ann: Account
) -> None:
    old = state_of(app)[Settings].jwt_private_key.public_key()
    pem = old.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    client = make_app(jwt_private_key=new_private_key(), jwt_previous_keys=pem).test_client()

    answer = client.get("/api/v1/auth/session", headers=ann.headers)
    login = {"email": ann.email, "password": PASSWORD}
    token = client.post("/api/v1/auth/login", json=login).get_json()["token"]

    kids = [key["kid"] for key in client.get(JWKS[0]).get_json()["keys"]]
    assert answer.status_code == 200
    assert [read(token)[0]["kid"], read(ann.token)[0]["kid"]] == kids


def test_token_of_a_removed_key_is_refused(make_app: Callable[..., Flask], ann: Account) -> None:
    client = make_app(jwt_private_key=new_private_key()).test_client()

    assert client.get("/api/v1/auth/session", headers=ann.headers).status_code == 401


@pytest.mark.parametrize("key_index", [0, 1])
def test_key_verifies_only_tokens_with_its_own_kid(
    app: Flask, make_app: Callable[..., Flask], ann: Account, key_index: int
) -> None:
    previous = new_private_key()
    client = make_app(jwt_previous_keys=previous).test_client()
    kid = client.get(JWKS[0]).get_json()["keys"][key_index]["kid"]
    keys = [private_key(previous), state_of(app)[Settings].jwt_private_key]
    header, claims = read(ann.token)

    token = forge(keys[key_index], header | {"kid": kid}, claims)  # signed by the other one
    answer = client.get("/api/v1/auth/session", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
