"""Changing and deleting one persona by its id."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import Account, body
from tests.persona.watch import account, contents

URL = "/api/v1/admin/personas"
CreatePersona = Callable[..., Account]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Robert"},
        {"archetype": "freelancer"},
        {"systemPrompt": "You are Robert, and you are tired."},
        {"moduleMix": {"notes": 1, "calendar": 0.5}},
        {"tickCadence": "hourly"},
        {"name": "Robert", "archetype": "freelancer", "moduleMix": {"todo": 3}},
        {},
    ],
    ids=lambda changes: "+".join(changes) or "nothing",
)
def test_update_changes_only_the_sent_values(
    client: FlaskClient, admin: Account, create_persona: CreatePersona, changes: dict[str, Any]
) -> None:
    url = f"{URL}/{create_persona(tick_cadence='weekdays').id}"
    before = client.get(url, headers=admin.headers).get_json()["persona"]
    answer = client.patch(url, json=changes, headers=admin.headers)

    after = client.get(url, headers=admin.headers).get_json()["persona"]
    assert answer.status_code == 200
    assert answer.get_json() == {"persona": before | changes}
    assert list(answer.get_json()["persona"]) == list(before)
    assert after == before | changes


def test_update_keeps_sessions_password_and_stamp(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    before = account(app, bob.email)
    client.patch(f"{URL}/{bob.id}", json={"archetype": "freelancer"}, headers=admin.headers)

    assert account(app, bob.email) == before
    assert client.get("/api/v1/auth/session", headers=bob.headers).status_code == 200


def test_update_without_a_difference_writes_nothing(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    url = f"{URL}/{create_persona().id}"
    before = contents(app)
    same = {"name": "persona.bob", "archetype": "solo-dev", "moduleMix": {"todo": 1}}
    answer = client.patch(url, json=same, headers=admin.headers)

    assert answer.status_code == 200
    assert contents(app) == before


def test_invalid_update_is_refused_and_named(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    url = f"{URL}/{create_persona().id}"
    before = contents(app)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"systemPrompt": "x" * 19}, "systemPrompt"),
        ({"systemPrompt": "x" * 20 + "\0"}, "systemPrompt"),
        ({"archetype": "A"}, "archetype"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"moduleMix": {"todo": True}}, "moduleMix.todo"),
        ({"moduleMix": {"todo": 10**400}}, "moduleMix.todo"),
        ({"tickCadence": "weekly"}, "tickCadence"),
        ({"email": "persona.bob@mana.test"}, "email"),
        ({"password": body()["password"]}, "password"),
        ({"kind": "human"}, "kind"),
        ({"role": "user"}, "role"),
        ({"accessTier": "founder"}, "accessTier"),
        ({"lastActiveAt": None}, "lastActiveAt"),
    ]
    for sent, path in refused:
        answer = client.patch(url, json={"name": "Robert"} | sent, headers=admin.headers)

        assert answer.status_code == 422, sent
        assert list(answer.get_json()["errors"]) == [path]
    assert contents(app) == before


@pytest.mark.parametrize("changes", [{"name": "Anna"}, {"archetype": "solo-dev"}, {}])
def test_human_cannot_be_updated_as_a_persona(
    app: Flask, client: FlaskClient, admin: Account, ann: Account, changes: dict[str, Any]
) -> None:
    before = contents(app)
    answer = client.patch(f"{URL}/{ann.id}", json=changes, headers=admin.headers)

    assert answer.status_code == 409
    assert contents(app) == before


def test_persona_is_deleted_with_all_its_rows(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    kim = create_persona("persona.kim@mana.test")
    before = contents(app)
    answer = client.delete(f"{URL}/{bob.id}", headers=admin.headers)

    after = contents(app)
    trail = after.pop("audit_events")
    assert answer.status_code == 200
    assert list(answer.get_json().items()) == [("ok", True), ("deleted", bob.id)]
    assert after == {
        table: [row for row in rows if bob.id not in row]
        for table, rows in before.items()
        if table != "audit_events"
    }
    assert trail[:-1] == before["audit_events"]
    assert client.get("/api/v1/auth/session", headers=bob.headers).status_code == 401
    assert client.get("/api/v1/auth/session", headers=kim.headers).status_code == 200


def test_deleted_persona_no_longer_exists(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    client.delete(f"{URL}/{bob.id}", headers=admin.headers)
    again = client.delete(f"{URL}/{bob.id}", headers=admin.headers)
    login = {"email": bob.email, "password": body()["password"]}

    assert again.status_code == 404
    assert client.get(f"{URL}/{bob.id}", headers=admin.headers).status_code == 404
    assert client.post("/api/v1/auth/login", json=login).status_code == 401
    assert (
        client.post("/api/v1/auth/refresh", json={"refreshToken": bob.refresh_token}).status_code
        == 401
    )


def test_deleted_persona_can_be_created_again(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    client.delete(f"{URL}/{bob.id}", headers=admin.headers)
    answer = client.post(URL, json=body(), headers=admin.headers)

    assert answer.status_code == 201
    assert answer.get_json()["userId"] != bob.id


def test_human_cannot_be_deleted_as_a_persona(
    app: Flask, client: FlaskClient, admin: Account, ann: Account
) -> None:
    before = contents(app)
    for user_id in (ann.id, admin.id):
        answer = client.delete(f"{URL}/{user_id}", headers=admin.headers)

        assert answer.status_code == 409
    assert contents(app) == before
