"""Rate limits of logins and registrations."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.limit import LOGIN_BY_ADDRESS, REGISTER
from personas.config.secrets import new_private_key
from personas.state import state_of
from personas.user import password
from personas.user.password import CORES, Passwords
from tests.auth.tries import fail, fill, login, register
from tests.people import PASSWORD, Account


def test_email_is_limited_after_ten_failures(
    client: FlaskClient, ann: Account, hashes: list[str]
) -> None:
    failures = fail(client, 10)
    hashes.clear()

    answer = login(client, ann.email, PASSWORD)

    assert failures == [401] * 10
    assert answer.status_code == 429
    assert answer.content_type == "application/problem+json"
    assert 15 * 60 - 30 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert hashes == []


def test_at_most_ten_of_fourteen_failures_at_once_are_verified(
    app: Flask, ann: Account, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "MAX_WAIT", 10)
    cores = state_of(app)[Passwords]._free_cores
    for _ in range(CORES):
        cores.acquire()
    hashes.clear()
    with ThreadPoolExecutor(14) as pool:
        waiting = [pool.submit(login, app.test_client(), ann.email) for _ in range(14)]
        sleep(0.5)  # until all of them wait in the queue
        for _ in range(CORES):
            cores.release()
    statuses = [future.result().status_code for future in waiting]

    assert set(statuses) <= {401, 429, 503}
    assert len(hashes) <= 10


def test_unknown_email_is_limited_too(client: FlaskClient) -> None:
    assert fail(client, 11, email="nobody@example.org") == [401] * 10 + [429]


def test_successful_login_does_not_count(client: FlaskClient, ann: Account) -> None:
    fail(client, 9)

    answers = [login(client, ann.email, PASSWORD).status_code for _ in range(12)]

    assert answers == [200] * 12
    assert fail(client, 2) == [401, 429]


def test_malformed_login_does_not_count(client: FlaskClient, ann: Account) -> None:
    for _ in range(12):
        client.post("/api/v1/auth/login", json={"email": ann.email})

    assert login(client, ann.email, PASSWORD).status_code == 200


def test_another_email_is_not_limited(client: FlaskClient, ann: Account) -> None:
    fail(client, 11, email="bob@example.org")

    assert login(client, ann.email, PASSWORD).status_code == 200


def test_another_address_is_not_limited(client: FlaskClient, ann: Account) -> None:
    fail(client, 11)

    assert login(client, ann.email, PASSWORD, address="192.0.2.1").status_code == 200


@pytest.mark.parametrize("email", ["ANN@example.org", "Ａｎｎ@Example.ORG"])
def test_every_form_of_an_email_shares_one_limit(
    client: FlaskClient, ann: Account, email: str
) -> None:
    assert fail(client, 10, email=email) == [401] * 10
    assert login(client, ann.email, PASSWORD).status_code == 429


def test_address_is_limited_after_a_hundred_failures(
    app: Flask, client: FlaskClient, ann: Account, hashes: list[str]
) -> None:
    fill(app, LOGIN_BY_ADDRESS, 99)
    last = login(client, "bob@example.org").status_code
    hashes.clear()

    answer = login(client, ann.email, PASSWORD)

    assert last == 401
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert hashes == []
    assert login(client, ann.email, PASSWORD, address="192.0.2.1").status_code == 200


def test_registration_is_limited_by_address(
    app: Flask, client: FlaskClient, hashes: list[str]
) -> None:
    fill(app, REGISTER, REGISTER.amount - 1)
    last = register(client, "ann@example.org")
    hashes.clear()

    answer = register(client, "bob@example.org")
    elsewhere = register(client, "cy@example.org", environ_base={"REMOTE_ADDR": "192.0.2.1"})

    assert last.status_code == 201
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 15 * 60
    assert elsewhere.status_code == 201
    assert hashes == ["hash"]


def test_limit_is_checked_before_the_conflict(
    app: Flask, client: FlaskClient, ann: Account
) -> None:
    fill(app, REGISTER, REGISTER.amount)

    assert register(client, ann.email).status_code == 429


def test_untrusted_forwarded_header_does_not_avoid_the_limit(
    client: FlaskClient, ann: Account
) -> None:
    answers = [
        login(client, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(11)
    ]

    assert answers == [401] * 10 + [429]
    assert login(client, ann.email, PASSWORD).status_code == 429


def test_client_behind_a_trusted_proxy_has_its_own_limit(
    make_app: Callable[..., Flask], ann: Account
) -> None:
    client = make_app(trusted_proxies="1").test_client()
    one, other = ({"X-Forwarded-For": f"192.0.2.{n}"} for n in (1, 2))

    assert fail(client, 11, headers=one) == [401] * 10 + [429]
    assert login(client, ann.email, PASSWORD, headers=other).status_code == 200


def test_only_the_address_written_by_the_proxy_counts(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(trusted_proxies="1").test_client()
    answers = [
        login(client, headers={"X-Forwarded-For": f"203.0.113.{n}, 192.0.2.1"}).status_code
        for n in range(11)
    ]

    assert answers == [401] * 10 + [429]


def test_invalid_value_is_checked_before_the_limit(make_app: Callable[..., Flask]) -> None:
    app = make_app(
        "production",
        secret_key="s" * 32,
        service_key="k" * 32,
        seed_secret="p" * 32,
        jwt_private_key=new_private_key(),
    )
    fill(app, REGISTER, REGISTER.amount)

    assert register(app.test_client(), "ann@mana.test").status_code == 422
