"""Access tokens that the service refuses, although most are signed with its own key."""

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
NOT_TEXTS: Sequence[Any] = (MISSING, None, True, 1, 1.5, "", ["mana"], {})
NOT_TIMES: Sequence[Any] = (MISSING, None, True, "1", [], float("nan"), float("inf"), HUGE, -HUGE)


def status_of(client: FlaskClient, token: str) -> int:
    """The status of a request with this token; checks the form of a refusal."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/auth/session", headers=headers)
    if answer.status_code == 401:
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return answer.status_code


@pytest.fixture
def ann(stopped_clock: Clock, create_user: Callable[..., Account]) -> Account:  # noqa: ARG001
    """A human whose token was issued at the time of the stopped clock."""
    return create_user("ann@example.org")


@pytest.fixture
def key(app: Flask) -> Ed25519PrivateKey:
    """The key that the service signs with."""
    signing_key: Ed25519PrivateKey = state_of(app)[Settings].jwt_private_key
    return signing_key


@pytest.fixture
def send_token(client: FlaskClient, ann: Account, key: Ed25519PrivateKey) -> Callable[..., int]:
    """Send Ann's token with changed claims or header, signed again with our key."""
    header, claims = read(ann.token)

    def send_token(*, header_changes: dict[str, Any] | None = None, **claim_changes: Any) -> int:
        forged = changed(header, **(header_changes or {})), changed(claims, **claim_changes)
        return status_of(client, forge(key, *forged))

    return send_token


@pytest.mark.parametrize("changes", [{}, {"nbf": 0}, {"nbf": 1.5}, {"scope": "more"}])
def test_well_formed_token_is_accepted(
    send_token: Callable[..., int], changes: dict[str, Any]
) -> None:
    assert send_token(**changes) == 200


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
def test_token_with_another_header_is_refused(
    send_token: Callable[..., int], name: str, values: Sequence[object]
) -> None:
    accepted = [value for value in values if send_token(header_changes={name: value}) != 401]

    assert accepted == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, NOT_TEXTS) for name in ("iss", "aud", "sub", "sid", "jti")),
        *((name, NOT_TIMES) for name in ("iat", "exp")),
        ("nbf", (None, True, "0", [], {}, float("nan"), float("inf"), HUGE)),
        ("iss", ("http://localhost:5001", "http://localhost:5000/", "HTTP://localhost:5000")),
        ("aud", ("others", "mana2", "MANA", "mana ")),
    ],
    ids=str,
)
def test_token_with_another_claim_is_refused(
    send_token: Callable[..., int], name: str, values: Sequence[object]
) -> None:
    accepted = [value for value in values if send_token(**{name: value}) != 401]

    assert accepted == []


@pytest.mark.parametrize(
    "offsets",
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
def test_token_with_invalid_times_is_refused(
    send_token: Callable[..., int], stopped_clock: Clock, offsets: dict[str, int]
) -> None:
    now = int(stopped_clock.at.timestamp())

    assert send_token(**{name: now + seconds for name, seconds in offsets.items()}) == 401


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_token_with_a_fractional_time_is_refused(
    send_token: Callable[..., int], stopped_clock: Clock, name: str
) -> None:
    now = stopped_clock.at.timestamp()

    assert send_token(**{name: now if name == "iat" else now + 900.0}) == 401


def test_token_must_name_its_own_account_and_session(
    send_token: Callable[..., int], ann: Account, create_user: Callable[..., Account]
) -> None:
    bob = read(create_user("bob@example.org").token)[1]
    wrong = [
        {"sid": bob["sid"]},
        {"sub": bob["sub"]},
        {"sid": ann.id},
        {"sid": "00000000-0000-7000-8000-000000000000"},
        {"sub": ann.id.upper()},
    ]

    assert [send_token(**changes) for changes in wrong] == [401] * len(wrong)


@pytest.mark.parametrize("secret", ["raw", "pem", "base64url", "empty"])
def test_public_key_is_no_hmac_secret(
    client: FlaskClient, ann: Account, key: Ed25519PrivateKey, secret: str
) -> None:
    public = key.public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {"raw": raw, "pem": pem, "base64url": base64url(raw).encode(), "empty": b""}
    header, claims = read(ann.token)
    signing_input = unsigned(header | {"alg": "HS256"}, claims)
    digest = hmac.digest(secrets[secret], signing_input.encode(), hashlib.sha256)

    assert status_of(client, f"{signing_input}.{base64url(digest)}") == 401


def test_token_not_signed_with_our_key_is_refused(client: FlaskClient, ann: Account) -> None:
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

    assert [status_of(client, token) for token in garbage] == [401] * len(garbage)


@pytest.mark.parametrize(("padding", "status"), [(2000, 200), (4000, 401)])
def test_token_has_at_most_four_kilobytes(
    send_token: Callable[..., int], padding: int, status: int
) -> None:
    assert send_token(padding="x" * padding) == status


def test_claims_must_be_an_object(
    client: FlaskClient, ann: Account, key: Ed25519PrivateKey
) -> None:
    header, _ = read(ann.token)
    others: list[Any] = [[], None, "text", 1, True]

    assert [status_of(client, forge(key, header, claims)) for claims in others] == [401] * 5
