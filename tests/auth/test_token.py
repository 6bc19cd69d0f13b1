"""Access tokens that the service does not accept, though its own key signed them."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient

from personas.config.secrets import new_private_key, private_key
from personas.config.settings import Settings
from personas.state import state_of
from tests.auth.forge import MISSING, base64url, changed, forge, read, unsigned
from tests.people import Account, Clock

HUGE = 10**400
NO_TEXTS: Sequence[Any] = (MISSING, None, True, 1, 1.5, "", ["mana"], {})
NO_TIMES: Sequence[Any] = (MISSING, None, True, "1", [], float("nan"), float("inf"), HUGE, -HUGE)


def shown(client: FlaskClient, token: str) -> int:
    """The status that the service answers to a token; a refusal is checked for its form."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/auth/session", headers=headers)
    if answer.status_code == 401:
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return answer.status_code


@pytest.fixture
def ann(stopped_clock: Clock, create_user: Callable[..., Account]) -> Account:  # noqa: ARG001
    """A human whose token was issued at the second at which the clock stopped."""
    return create_user("ann@example.org")


@pytest.fixture
def key(app: Flask) -> Ed25519PrivateKey:
    """The key that the service signs with."""
    found: Ed25519PrivateKey = state_of(app)[Settings].jwt_private_key
    return found


@pytest.fixture
def show(client: FlaskClient, ann: Account, key: Ed25519PrivateKey) -> Callable[..., int]:
    """Show Ann's token with other claims, or with another header, signed again with our key."""
    header, claims = read(ann.token)

    def show(*, header_changes: dict[str, Any] | None = None, **claim_changes: Any) -> int:
        forged = changed(header, **(header_changes or {})), changed(claims, **claim_changes)
        return shown(client, forge(key, *forged))

    return show


@pytest.mark.parametrize("changes", [{}, {"nbf": 0}, {"nbf": 1.5}, {"scope": "more"}])
def test_a_token_of_the_right_form_is_good(
    show: Callable[..., int], changes: dict[str, Any]
) -> None:
    assert show(**changes) == 200


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("typ", ("JWT", "jwt", "application/at+jwt", "at+jwt ", "", None, 1, MISSING)),
        ("alg", ("none", "None", "Ed25519", "ES256", "HS256", "", None, 1, MISSING)),
        ("kid", ("unknown", "", None, 1, ["a"], {}, MISSING)),
        ("crit", (["exp"], ["b64"], [], None, "exp")),
        ("b64", (False,)),
    ],
)
def test_another_header_is_refused(
    show: Callable[..., int], name: str, values: Sequence[object]
) -> None:
    accepted = [value for value in values if show(header_changes={name: value}) != 401]

    assert accepted == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, NO_TEXTS) for name in ("iss", "aud", "sub", "sid", "jti")),
        *((name, NO_TIMES) for name in ("iat", "exp")),
        ("nbf", (None, True, "0", [], {}, float("nan"), float("inf"), HUGE)),
        ("iss", ("http://localhost:5001", "http://localhost:5000/", "HTTP://localhost:5000")),
        ("aud", ("others", "mana2", "MANA", "mana ")),
    ],
    ids=str,
)
def test_another_claim_is_refused(
    show: Callable[..., int], name: str, values: Sequence[object]
) -> None:
    accepted = [value for value in values if show(**{name: value}) != 401]

    assert accepted == []


@pytest.mark.parametrize(
    "moved",
    [
        {"iat": 1, "exp": 901},
        {"iat": 60, "exp": 960},
        {"nbf": 1},
        {"exp": 901},
        {"exp": 10**9},
        {"exp": 0},
        {"exp": -1},
        {"iat": -900, "exp": 0},
        {"iat": -901, "exp": 0},
        {"iat": -2, "exp": 899},
    ],
    ids=str,
)
def test_a_token_of_another_time_is_refused(
    show: Callable[..., int], stopped_clock: Clock, moved: dict[str, int]
) -> None:
    now = int(stopped_clock.at.timestamp())

    assert show(**{name: now + seconds for name, seconds in moved.items()}) == 401


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_a_time_has_no_fraction(show: Callable[..., int], stopped_clock: Clock, name: str) -> None:
    now = stopped_clock.at.timestamp()

    assert show(**{name: now if name == "iat" else now + 900.0}) == 401


def test_a_token_for_others_is_refused(
    show: Callable[..., int], ann: Account, create_user: Callable[..., Account]
) -> None:
    bob = read(create_user("bob@example.org").token)[1]
    wrong = [
        {"sid": bob["sid"]},
        {"sub": bob["sub"]},
        {"sid": ann.id},
        {"sid": "00000000-0000-7000-8000-000000000000"},
        {"sub": ann.id.upper()},
    ]

    assert [show(**changes) for changes in wrong] == [401] * len(wrong)


@pytest.mark.parametrize("secret", ["raw", "pem", "base64url", "empty"])
def test_the_public_key_is_no_secret(
    client: FlaskClient, ann: Account, key: Ed25519PrivateKey, secret: str
) -> None:
    public = key.public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {"raw": raw, "pem": pem, "base64url": base64url(raw).encode(), "empty": b""}
    header, claims = read(ann.token)
    said = unsigned(header | {"alg": "HS256"}, claims)
    digest = hmac.digest(secrets[secret], said.encode(), hashlib.sha256)

    assert shown(client, f"{said}.{base64url(digest)}") == 401


def test_what_is_not_signed_by_us_is_refused(client: FlaskClient, ann: Account) -> None:
    header, claims = read(ann.token)
    first, second, signature = ann.token.split(".")
    stranger = private_key(new_private_key())
    garbage = [
        forge(stranger, header, claims),
        forge(stranger, header | {"jwk": {"kty": "OKP"}}, claims),
        f"{unsigned(header | {'alg': 'none'}, claims)}.",
        f"{first}.{second}.",
        f"{first}.{second}",
        f"{first}.{unsigned({}, claims | {'role': 'admin'}).partition('.')[2]}.{signature}",
        f"{ann.token}.{signature}",
        f"{ann.token}.",
        f"{ann.token[:-4]}AAAA",
        "",
        ".",
        "..",
        "a.b.c",
        "x" * 4096,
        "é" * 100,
        base64url(b"[" * 3000) + "..",
        base64url(b'{"kid":' * 400) + ".e30.e30",
        base64url(b"null") + ".bnVsbA.e30",
    ]

    assert [shown(client, token) for token in garbage] == [401] * len(garbage)


@pytest.mark.parametrize(("padding", "status"), [(2000, 200), (4000, 401)])
def test_a_token_has_at_most_four_kilobytes(
    show: Callable[..., int], padding: int, status: int
) -> None:
    assert show(padding="x" * padding) == status


def test_claims_are_an_object(client: FlaskClient, ann: Account, key: Ed25519PrivateKey) -> None:
    header, _ = read(ann.token)
    others: list[Any] = [[], None, "text", 1, True]

    assert [shown(client, forge(key, header, each)) for each in others] == [401] * 5
