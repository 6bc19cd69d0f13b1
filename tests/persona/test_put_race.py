"""Puts that meet others at work on the same account."""

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
RIVALS = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("what the rival has set")


def put(client: FlaskClient, admin: Account, **changes: Any) -> TestResponse:
    return client.post("/api/v1/admin/personas", json=body(**changes), headers=admin.headers)


def logs_in(client: FlaskClient, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": EMAIL, "password": password})
    return answer.status_code == 200


def once(act: Callable[[], object]) -> Callable[[], None]:
    """`act` the first time, then nothing."""
    times = count()

    def first_time() -> None:
        if next(times) == 0:
            act()

    return first_time


def test_of_eight_creates_one_creates(app: Flask, admin: Account) -> None:
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


def test_a_new_password_wins_over_a_rival_s(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    rival = once(lambda: execute(app, "UPDATE users SET password_hash = ?", RIVALS))
    beside_hashing(monkeypatch, "verify", rival)
    answer = put(client, admin, password=NEW)

    assert answer.status_code == 200
    assert answer.get_json()["changed"] == ["password"]
    assert logs_in(client, NEW)


def test_a_password_that_a_rival_replaced_meanwhile_is_put_back(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    rival = once(lambda: execute(app, "UPDATE users SET password_hash = ?", RIVALS))
    beside_hashing(monkeypatch, "verify", rival)
    answer = put(client, admin, archetype="freelancer")

    assert answer.get_json()["changed"] == ["archetype", "password"]
    assert logs_in(client, PASSWORD)


def test_against_a_rival_without_end_a_put_gives_up(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    numbers = count()

    def rival() -> None:
        execute(app, "UPDATE users SET password_hash = ?", f"{RIVALS}{next(numbers)}")

    beside_hashing(monkeypatch, "verify", rival)
    before = contents(app)
    answer = put(client, admin, password=NEW, archetype="freelancer")

    after = contents(app)
    assert answer.status_code == 409
    assert next(numbers) == 5
    assert {key: rows for key, rows in after.items() if key != "users"} == {
        key: rows for key, rows in before.items() if key != "users"
    }


def test_a_persona_that_was_deleted_meanwhile_is_made_anew(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bob = create_persona(EMAIL)
    rival = once(lambda: execute(app, "DELETE FROM users WHERE id = ?", bob.id))
    beside_hashing(monkeypatch, "verify", rival)
    answer = put(client, admin, archetype="freelancer")

    assert answer.status_code == 201
    assert answer.get_json()["userId"] != bob.id
    assert answer.get_json()["changed"] == []


def test_a_human_who_registers_meanwhile_stays_a_human(
    app: Flask, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = "INSERT INTO users (id, email, name, kind) VALUES (?, ?, 'Bob', 'human')"
    rival = once(lambda: execute(app, insert, new_id(), EMAIL))
    beside_hashing(monkeypatch, "hash", rival)
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
