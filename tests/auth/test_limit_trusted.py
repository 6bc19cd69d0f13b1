"""Whom the limits leave alone."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.limit import LOGIN_BY_ADDRESS, REGISTER
from personas.config.settings import Settings
from personas.state import state_of
from tests.auth.tries import fail, fill, login, register
from tests.people import PASSWORD, Account


@pytest.mark.parametrize("known", [True, False])
def test_an_admin_is_never_limited_but_a_user_is(
    app: Flask, client: FlaskClient, ann: Account, admin: Account, known: bool
) -> None:
    fill(app, LOGIN_BY_ADDRESS, 100)
    fill(app, REGISTER, REGISTER.amount)
    headers = (admin if known else ann).headers

    logged_in = login(client, ann.email, PASSWORD, headers=headers)
    registered = register(client, "bob@example.org", headers=headers)

    expected = (200, 201) if known else (429, 429)
    assert (logged_in.status_code, registered.status_code) == expected


@pytest.mark.parametrize(
    ("show", "status"),
    [
        (str, 401),
        (lambda key: key[:-1], 429),
        (lambda key: key.swapcase(), 429),
        (lambda _: "", 429),
        (lambda _: "ÿ", 429),
    ],
    ids=["the key", "shortened", "in other case", "empty", "not ASCII"],
)
def test_the_holder_of_the_service_key_is_never_limited(
    app: Flask, client: FlaskClient, show: Callable[[str], str], status: int
) -> None:
    key = state_of(app)[Settings].service_keys[0]
    fail(client, 10)

    assert login(client, headers={"X-Service-Key": show(key)}).status_code == status


@pytest.mark.parametrize("key", ["current" * 5, "before" * 6, "1234567890" * 4, "schlüssel" * 4])
def test_two_service_keys_are_good_while_they_rotate(
    make_app: Callable[..., Flask], key: str
) -> None:
    current, previous = (key, "other" * 7) if "before" not in key else ("other" * 7, key)
    client = make_app(service_key=current, service_key_previous=previous).test_client()
    on_the_wire = key.encode().decode("latin-1")  # WSGI's reading of UTF-8 bytes (PEP 3333)

    assert fail(client, 11, headers={"X-Service-Key": on_the_wire}) == [401] * 11


def test_a_trusted_failure_counts_for_nobody(client: FlaskClient, admin: Account) -> None:
    fail(client, 12, headers=admin.headers)

    assert login(client).status_code == 401


def test_the_limits_can_be_switched_off(make_app: Callable[..., Flask], hashes: list[str]) -> None:
    client = make_app(ratelimit_enabled="false").test_client()

    assert fail(client, 12) == [401] * 12
    assert hashes == ["verify"] * 12
