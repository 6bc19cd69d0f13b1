"""Hashing passwords, and the queue for the cores."""

import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from flask import Flask
from flask.testing import FlaskClient

from personas.state import state_of
from personas.user.password import CORES, MAX_WAIT, Passwords
from tests.people import PASSWORD, Account

LOGIN = "/api/v1/auth/login"
REGISTER = "/api/v1/auth/register"


@pytest.fixture
def passwords(app: Flask, app_ctx: None) -> Passwords:  # noqa: ARG001
    passwords: Passwords = state_of(app)[Passwords]
    return passwords


@pytest.fixture
def busy_cores(app: Flask) -> Iterator[Any]:
    """The semaphore of the application while all cores are in use."""
    cores = state_of(app)[Passwords]._free_cores
    for _ in range(CORES):
        assert cores.acquire(blocking=False)
    yield cores
    for _ in range(CORES):
        cores.release()


def test_hash_verifies_only_its_own_password(passwords: Passwords) -> None:
    hashed = passwords.hash(PASSWORD)

    assert passwords.verify(PASSWORD, hashed)
    assert not passwords.verify(PASSWORD.upper(), hashed)
    assert not passwords.verify(f"{PASSWORD} ", hashed)
    assert PASSWORD not in hashed


def test_same_password_gets_a_different_hash_each_time(passwords: Passwords) -> None:
    assert passwords.hash(PASSWORD) != passwords.hash(PASSWORD)


@pytest.mark.parametrize("hashed", [None, "", "no hash", "$argon2id$", "$2b$12$abcdefghijklmnopq"])
def test_invalid_hash_verifies_no_password(passwords: Passwords, hashed: str | None) -> None:
    assert not passwords.verify(PASSWORD, hashed)
    assert not passwords.verify("", hashed)


@pytest.mark.usefixtures("app_ctx")
def test_hash_has_the_cost_recommended_by_owasp() -> None:
    hashed = Passwords().hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.usefixtures("app_ctx")
def test_dummy_hash_costs_the_same_as_a_real_one() -> None:
    passwords = Passwords()

    real, dummy = passwords.hash(PASSWORD), passwords._dummy_hash

    assert dummy.split("$")[:4] == real.split("$")[:4]
    assert [len(part) for part in dummy.split("$")] == [len(part) for part in real.split("$")]


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
def test_login_verifies_a_hash_for_known_and_unknown_emails(
    client: FlaskClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def record(self: PasswordHasher, hashed: str, password: str) -> Literal[True]:
        verified.append(hashed)
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", record)
    client.post(LOGIN, json={"email": email, "password": "not the password"})

    [hashed] = verified
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert extract_parameters(hashed) == extract_parameters(cheap)


@pytest.mark.parametrize("password", ["a\u0308" * 15, "🔑" * 128, "\u1100\u1161" * 20])
def test_password_is_verified_in_every_unicode_form(passwords: Passwords, password: str) -> None:
    hashed = passwords.hash(unicodedata.normalize("NFC", password))

    assert passwords.verify(unicodedata.normalize("NFD", password), hashed)


@pytest.mark.parametrize("path", [LOGIN, REGISTER])
@pytest.mark.usefixtures("busy_cores")
def test_request_that_waits_too_long_gets_503(client: FlaskClient, path: str) -> None:
    client.get("/healthz")  # the first request creates the schema
    began = time.perf_counter()

    answer = client.post(path, json={"email": "bob@example.org", "password": PASSWORD})

    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert MAX_WAIT <= time.perf_counter() - began < MAX_WAIT + 1


def test_request_waits_for_a_free_core(client: FlaskClient, ann: Account, busy_cores: Any) -> None:
    threading.Timer(0.05, busy_cores.release).start()
    answer = client.post(LOGIN, json={"email": ann.email, "password": PASSWORD})
    busy_cores.acquire()

    assert answer.status_code == 200


def test_503_is_not_counted_as_a_failed_login(
    client: FlaskClient, ann: Account, busy_cores: Any
) -> None:
    body = {"email": ann.email, "password": "a wrong password"}
    with ThreadPoolExecutor(12) as pool:
        busy = list(pool.map(lambda _: client.post(LOGIN, json=body).status_code, range(12)))

    busy_cores.release()
    answer = client.post(LOGIN, json=body | {"password": PASSWORD})
    busy_cores.acquire()

    assert busy == [503] * 12
    assert answer.status_code == 200


def test_commands_do_not_queue(passwords: Passwords, busy_cores: Any) -> None:  # noqa: ARG001
    assert passwords.verify(PASSWORD, passwords.hash(PASSWORD))


@pytest.mark.parametrize("call", ["hash", "verify"])
def test_at_most_one_hash_runs_per_core(
    app: Flask, ann: Account, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    lock, running, most = threading.Lock(), 0, 0
    original: Callable[..., Any] = getattr(PasswordHasher, call)

    def counted(self: PasswordHasher, *args: Any) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        try:
            return original(self, *args)
        finally:
            with lock:
                running -= 1

    def send(n: int) -> int:
        client = app.test_client()
        if call == "verify":
            return client.post(LOGIN, json={"email": ann.email, "password": PASSWORD}).status_code
        body = {"email": f"bob{n}@example.org", "password": PASSWORD}
        return client.post(REGISTER, json=body).status_code

    monkeypatch.setattr(PasswordHasher, call, counted)
    many = 4 * CORES
    with ThreadPoolExecutor(many) as pool:
        statuses = set(pool.map(send, range(many)))

    assert statuses <= {200, 201, 503}
    assert 1 <= most <= CORES
