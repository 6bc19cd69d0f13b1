"""Puts while other requests change the same account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.database.types import new_id
from tests.people import PASSWORD, Account, body
from tests.persona.watch import account, beside_hashing, contents, execute

EMAIL = "persona.bob@mana.test"
NEW = "another long password"
CONCURRENT_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
    "what the rival has set"
)


def put(client: FlaskClient, admin: Account, **changes: Any) -> TestResponse:
    return client.post("/api/v1/admin/personas", json=body(**changes), headers=admin.headers)


def can_log_in(client: FlaskClient, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": EMAIL, "password": password})
    return answer.status_code == 200


def once(act: Callable[[], object]) -> Callable[[], None]:
    """A function that calls `act` only the first time."""
    times = count()

    def first_time() -> None:
        if next(times) == 0:
            act()

    return first_time


def test_one_of_eight_puts_at_once_creates_the_persona(app: Flask, admin: Account) -> None:
    barrier = Barrier(8)

    def create(_: int) -> TestResponse:
        client = app.test_client(use_cookies=False)
        barrier.wait()
        return put(client, admin)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.get_json()["userId"] for answer in answers}) == 1
    assert {tuple(answer.get_json()["changed"]) for answer in answers} == {()}
    stored = contents(app)
    assert [row for row in stored["users"] if EMAIL in row] == [
        row for row in stored["users"] if "persona" in row
    ]
    assert len(stored["personas"]) == 1
    assert sum("persona.create" in row for row in stored["audit_events"]) == 1


def test_new_password_wins_over_a_concurrent_change(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    concurrent_change = once(
        lambda: execute(app, "UPDATE users SET password_hash = ?", CONCURRENT_HASH)
    )
    beside_hashing(monkeypatch, "verify", concurrent_change)
    answer = put(client, admin, password=NEW)

    assert answer.status_code == 200
    assert answer.get_json()["changed"] == ["password"]
    assert can_log_in(client, NEW)


def test_password_changed_concurrently_is_restored(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    concurrent_change = once(
        lambda: execute(app, "UPDATE users SET password_hash = ?", CONCURRENT_HASH)
    )
    beside_hashing(monkeypatch, "verify", concurrent_change)
    answer = put(client, admin, archetype="freelancer")

    assert answer.get_json()["changed"] == ["archetype", "password"]
    assert can_log_in(client, PASSWORD)


def test_put_gives_up_after_endless_concurrent_changes(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    numbers = count()

    def concurrent_change() -> None:
        execute(app, "UPDATE users SET password_hash = ?", f"{CONCURRENT_HASH}{next(numbers)}")

    beside_hashing(monkeypatch, "verify", concurrent_change)
    before = contents(app)
    answer = put(client, admin, password=NEW, archetype="freelancer")

    after = contents(app)
    assert answer.status_code == 409
    assert next(numbers) == 5
    assert {key: rows for key, rows in after.items() if key != "users"} == {
        key: rows for key, rows in before.items() if key != "users"
    }


def test_persona_deleted_concurrently_is_created_again(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bob = create_persona(EMAIL)
    concurrent_change = once(lambda: execute(app, "DELETE FROM users WHERE id = ?", bob.id))
    beside_hashing(monkeypatch, "verify", concurrent_change)
    answer = put(client, admin, archetype="freelancer")

    assert answer.status_code == 201
    assert answer.get_json()["userId"] != bob.id
    assert answer.get_json()["changed"] == []


def test_human_who_registers_concurrently_stays_a_human(
    app: Flask, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = "INSERT INTO users (id, email, name, kind) VALUES (?, ?, 'Bob', 'human')"
    concurrent_change = once(lambda: execute(app, insert, new_id(), EMAIL))
    beside_hashing(monkeypatch, "hash", concurrent_change)
    answer = put(client, admin)

    stored = account(app, EMAIL)
    assert stored is not None
    assert answer.status_code == 409
    assert (stored["kind"], stored["access_tier"], stored["password_hash"]) == (
        "human",
        "public",
        None,
    )
    assert contents(app)["personas"] == []
