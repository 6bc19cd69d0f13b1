"""The examples that verify our tokens with only the JWKS, given invalid tokens.

Their READMEs, which `.ci/run` follows, use valid ones.
"""

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient

from personas.config.secrets import new_private_key, private_key
from personas.config.settings import Settings
from personas.state import state_of
from tests.auth.forge import MISSING, changed, forge, read
from tests.people import Account
from tests.server import serve

EXAMPLES = Path(__file__).parent.parent / "examples"


def token_check(_service: Flask, _url: str) -> Flask:
    return runpy.run_path(str(EXAMPLES / "token-check" / "app.py"))["app"]  # type: ignore[no-any-return]


def product(service: Flask, url: str) -> Flask:
    keys = service.test_client().get("/.well-known/jwks.json").json
    create = runpy.run_path(str(EXAMPLES / "test-suite" / "product.py"))["create_product"]
    return create(keys["keys"] if keys else [], url)  # type: ignore[no-any-return]


@pytest.fixture(params=[(token_check, "/me", "public"), (product, "/beta", "beta")])
def send_token(
    app: Flask, ann: Account, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., int]]:
    """Send Ann's token with a changed header or changed claims, signed again; return the status."""
    with serve(app) as url:
        monkeypatch.setenv("PERSONAS_URL", url)
        example, path, tier = request.param
        checker: FlaskClient = example(app, url).test_client()
        header, claims = read(ann.token)
        ours: Ed25519PrivateKey = state_of(app)[Settings].jwt_private_key

        def send_token(
            *, head: dict[str, Any] | None = None, key: Ed25519PrivateKey = ours, **changes: Any
        ) -> int:
            valid = {"iss": url, "tier": tier}
            token = forge(key, changed(header, **(head or {})), changed(claims, **valid | changes))
            return checker.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

        yield send_token


def test_a_valid_token_is_accepted(send_token: Callable[..., int]) -> None:
    assert send_token() == 200


@pytest.mark.parametrize(
    "claims",
    [
        *({name: MISSING} for name in ("iss", "aud", "sub", "iat", "exp")),
        {"iss": "http://evil.example"},
        {"aud": "others"},
        {"aud": ["mana", "others"]},
        {"exp": 1},
        {"iat": 2**40},
    ],
    ids=str,
)
def test_invalid_claims_are_refused(send_token: Callable[..., int], claims: dict[str, Any]) -> None:
    assert send_token(**claims) == 401


@pytest.mark.parametrize(
    "head",
    [
        {"typ": "JWT"},
        {"typ": MISSING},
        {"alg": "none"},
        {"alg": "HS256"},
        {"kid": MISSING},
        {"kid": "another"},
        {"crit": ["more"]},
    ],
    ids=str,
)
def test_an_invalid_header_is_refused(send_token: Callable[..., int], head: dict[str, Any]) -> None:
    assert send_token(head=head) == 401


def test_a_token_signed_with_another_key_is_refused(send_token: Callable[..., int]) -> None:
    assert send_token(key=private_key(new_private_key())) == 401
