"""Clients to which the rate limits do not apply."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.limit import LOGIN_BY_ADDRESS, REGISTER
from personas.config.settings import Settings
from personas.state import state_of
from tests.auth.tries import fail, fill, login, register
from tests.people import PASSWORD, Account


@pytest.mark.parametrize("is_admin", [True, False])
def test_admin_is_never_limited_but_a_user_is(
    app: Flask, client: FlaskClient, ann: Account, admin: Account, is_admin: bool
) -> None:
    fill(app, LOGIN_BY_ADDRESS, 100)
    fill(app, REGISTER, REGISTER.amount)
    headers = (admin if is_admin else ann).headers

    logged_in = login(client, ann.email, PASSWORD, headers=headers)
    registered = register(client, "bob@example.org", headers=headers)

    expected = (200, 201) if is_admin else (429, 429)
    assert (logged_in.status_code, registered.status_code) == expected


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (str, 401),
        (lambda key: key[:-1], 429),
        (lambda key: key.swapcase(), 429),
        (lambda _: "", 429),
        (lambda _: "ÿ", 429),
    ],
    ids=["the key", "shortened", "in other case", "empty", "not ASCII"],
)
def test_client_with_the_service_key_is_never_limited(
    app: Flask, client: FlaskClient, change: Callable[[str], str], status: int
) -> None:
    key = state_of(app)[Settings].service_keys[0]
    fail(client, 10)

    assert login(client, headers={"X-Service-Key": change(key)}).status_code == status


@pytest.mark.parametrize("key", ["current" * 5, "before" * 6, "1234567890" * 4, "schlüssel" * 4])
def test_current_and_previous_service_key_are_trusted(
    make_app: Callable[..., Flask], key: str
) -> None:
    current, previous = (key, "other" * 7) if "before" not in key else ("other" * 7, key)
    client = make_app(service_key=current, service_key_previous=previous).test_client()
    header_value = key.encode().decode("latin-1")  # how WSGI decodes UTF-8 bytes (PEP 3333)

    assert fail(client, 11, headers={"X-Service-Key": header_value}) == [401] * 11


def test_failures_of_trusted_clients_are_not_counted(client: FlaskClient, admin: Account) -> None:
    fail(client, 12, headers=admin.headers)

    assert login(client).status_code == 401


def test_the_limits_can_be_switched_off(make_app: Callable[..., Flask], hashes: list[str]) -> None:
    client = make_app(ratelimit_enabled="false").test_client()

    assert fail(client, 12) == [401] * 12
    assert hashes == ["verify"] * 12
