"""Hashing passwords, and the queue in front of the cores."""

import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from personas.state import state_of
from personas.user.password import CORES, MAX_WAIT, Passwords
from tests.people import PASSWORD, Account

LOGIN = "/api/v1/auth/login"
REGISTER = "/api/v1/auth/register"


@pytest.fixture
def passwords(app: Flask, app_ctx: None) -> Passwords:  # noqa: ARG001
    found: Passwords = state_of(app)[Passwords]
    return found


@pytest.fixture
def taken(app: Flask) -> Iterator[Any]:
    """The queue of the application while others use all of the cores."""
    cores = state_of(app)[Passwords]._free_cores
    for _ in range(CORES):
        assert cores.acquire(blocking=False)
    yield cores
    for _ in range(CORES):
        cores.release()


def test_a_hash_knows_its_password_alone(passwords: Passwords) -> None:
    hashed = passwords.hash(PASSWORD)

    assert passwords.verify(PASSWORD, hashed)
    assert not passwords.verify(PASSWORD.upper(), hashed)
    assert not passwords.verify(f"{PASSWORD} ", hashed)
    assert PASSWORD not in hashed


def test_a_password_hashed_twice_makes_two_hashes(passwords: Passwords) -> None:
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


@pytest.mark.parametrize("hashed", [None, "", "no hash", "$argon2id$", "$2b$12$abcdefghijklmnopq"])
def test_nothing_fits_where_there_is_no_hash(passwords: Passwords, hashed: str | None) -> None:
    assert not passwords.verify(PASSWORD, hashed)
    assert not passwords.verify("", hashed)


@pytest.mark.usefixtures("app_ctx")
def test_a_real_hash_has_the_cost_that_owasp_asks_for() -> None:
    hashed = Passwords().hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.usefixtures("app_ctx")
def test_dummy_hash_hash_costs_what_a_real_one_does() -> None:
    passwords = Passwords()

    real, nobodys = passwords.hash(PASSWORD), passwords._dummy_hash

    assert nobodys.split("$")[:4] == real.split("$")[:4]
    assert [len(part) for part in nobodys.split("$")] == [len(part) for part in real.split("$")]


@pytest.mark.parametrize("password", ["a\u0308" * 15, "🔑" * 128, "\u1100\u1161" * 20])
def test_one_text_is_one_password_however_it_is_encoded(
    passwords: Passwords, password: str
) -> None:
    hashed = passwords.hash(unicodedata.normalize("NFC", password))

    assert passwords.verify(unicodedata.normalize("NFD", password), hashed)


@pytest.mark.parametrize("path", [LOGIN, REGISTER])
@pytest.mark.usefixtures("taken")
def test_a_request_that_waits_too_long_is_sent_away(client: FlaskClient, path: str) -> None:
    client.get("/healthz")  # the first request makes the schema
    began = time.perf_counter()

    answer = client.post(path, json={"email": "bob@example.org", "password": PASSWORD})

    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert MAX_WAIT <= time.perf_counter() - began < MAX_WAIT + 1


def test_a_request_waits_for_its_turn(client: FlaskClient, ann: Account, taken: Any) -> None:
    threading.Timer(0.05, taken.release).start()
    answer = client.post(LOGIN, json={"email": ann.email, "password": PASSWORD})
    taken.acquire()

    assert answer.status_code == 200


def test_being_sent_away_is_no_failure_to_log_in(
    client: FlaskClient, ann: Account, taken: Any
) -> None:
    body = {"email": ann.email, "password": "a wrong password"}
    with ThreadPoolExecutor(12) as pool:
        busy = list(pool.map(lambda _: client.post(LOGIN, json=body).status_code, range(12)))

    taken.release()
    answer = client.post(LOGIN, json=body | {"password": PASSWORD})
    taken.acquire()

    assert busy == [503] * 12
    assert answer.status_code == 200


def test_commands_do_not_queue(passwords: Passwords, taken: Any) -> None:  # noqa: ARG001
    assert passwords.verify(PASSWORD, passwords.hash(PASSWORD))


@pytest.mark.parametrize("call", ["hash", "verify"])
def test_never_more_hashes_are_at_work_than_there_are_cores(
    app: Flask, ann: Account, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    lock, at_work, most = threading.Lock(), 0, 0
    original: Callable[..., Any] = getattr(PasswordHasher, call)

    def counted(self: PasswordHasher, *args: Any) -> Any:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.01)
        try:
            return original(self, *args)
        finally:
            with lock:
                at_work -= 1

    def ask(n: int) -> int:
        client = app.test_client()
        if call == "verify":
            return client.post(LOGIN, json={"email": ann.email, "password": PASSWORD}).status_code
        body = {"email": f"bob{n}@example.org", "password": PASSWORD}
        return client.post(REGISTER, json=body).status_code

    monkeypatch.setattr(PasswordHasher, call, counted)
    many = 4 * CORES
    with ThreadPoolExecutor(many) as pool:
        statuses = set(pool.map(ask, range(many)))

    assert statuses <= {200, 201, 503}
    assert 1 <= most <= CORES
