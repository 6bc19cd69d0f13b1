"""How often somebody may try."""

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


def test_after_ten_failures_an_email_waits(
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


def test_fourteen_failures_at_once_are_not_more_than_ten(
    app: Flask, ann: Account, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "MAX_WAIT", 10)
    cores = state_of(app)[Passwords]._free_cores
    for _ in range(CORES):
        cores.acquire()
    hashes.clear()
    with ThreadPoolExecutor(14) as pool:
        waiting = [pool.submit(login, app.test_client(), ann.email) for _ in range(14)]
        sleep(0.5)  # all of them stand in the queue
        for _ in range(CORES):
            cores.release()
    statuses = [each.result().status_code for each in waiting]

    assert set(statuses) <= {401, 429, 503}
    assert len(hashes) <= 10


def test_an_email_that_nobody_has_waits_too(client: FlaskClient) -> None:
    assert fail(client, 11, email="nobody@example.org") == [401] * 10 + [429]


def test_a_success_does_not_count(client: FlaskClient, ann: Account) -> None:
    fail(client, 9)

    answers = [login(client, ann.email, PASSWORD).status_code for _ in range(12)]

    assert answers == [200] * 12
    assert fail(client, 2) == [401, 429]


def test_what_is_refused_for_its_form_does_not_count(client: FlaskClient, ann: Account) -> None:
    for _ in range(12):
        client.post("/api/v1/auth/login", json={"email": ann.email})

    assert login(client, ann.email, PASSWORD).status_code == 200


def test_another_email_need_not_wait(client: FlaskClient, ann: Account) -> None:
    fail(client, 11, email="bob@example.org")

    assert login(client, ann.email, PASSWORD).status_code == 200


def test_another_address_need_not_wait(client: FlaskClient, ann: Account) -> None:
    fail(client, 11)

    assert login(client, ann.email, PASSWORD, address="192.0.2.1").status_code == 200


@pytest.mark.parametrize("email", ["ANN@example.org", "Ａｎｎ@Example.ORG"])
def test_every_form_of_an_email_shares_its_window(
    client: FlaskClient, ann: Account, email: str
) -> None:
    assert fail(client, 10, email=email) == [401] * 10
    assert login(client, ann.email, PASSWORD).status_code == 429


def test_after_a_hundred_failures_an_address_waits(
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


def test_the_limit_comes_before_the_conflict(app: Flask, client: FlaskClient, ann: Account) -> None:
    fill(app, REGISTER, REGISTER.amount)

    assert register(client, ann.email).status_code == 429


def test_an_untrusted_header_opens_no_new_window(client: FlaskClient, ann: Account) -> None:
    answers = [
        login(client, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(11)
    ]

    assert answers == [401] * 10 + [429]
    assert login(client, ann.email, PASSWORD).status_code == 429


def test_behind_a_trusted_proxy_the_client_counts(
    make_app: Callable[..., Flask], ann: Account
) -> None:
    client = make_app(trusted_proxies="1").test_client()
    one, other = ({"X-Forwarded-For": f"192.0.2.{n}"} for n in (1, 2))

    assert fail(client, 11, headers=one) == [401] * 10 + [429]
    assert login(client, ann.email, PASSWORD, headers=other).status_code == 200


def test_of_what_a_client_writes_only_the_proxys_word_counts(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(trusted_proxies="1").test_client()
    answers = [
        login(client, headers={"X-Forwarded-For": f"203.0.113.{n}, 192.0.2.1"}).status_code
        for n in range(11)
    ]

    assert answers == [401] * 10 + [429]


def test_a_bad_value_is_named_however_often_it_was_tried(make_app: Callable[..., Flask]) -> None:
    app = make_app(
        "production",
        secret_key="s" * 32,
        service_key="k" * 32,
        seed_secret="p" * 32,
        jwt_private_key=new_private_key(),
    )
    fill(app, REGISTER, REGISTER.amount)

    assert register(app.test_client(), "ann@mana.test").status_code == 422
