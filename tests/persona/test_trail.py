"""The audit events of creating, changing and deleting personas."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.people import PASSWORD, PROMPT, Account, body
from tests.persona.watch import contents

URL = "/api/v1/admin/personas"
NEW = "another long password"
CreatePersona = Callable[..., Account]


def last_event(client: FlaskClient, admin: Account) -> dict[str, Any]:
    """The newest event, without its id and time."""
    answer = client.get("/api/v1/admin/audit?limit=1", headers=admin.headers)
    [event] = answer.get_json()["events"]
    assert {"id", "at"} < set(event)
    return {key: value for key, value in event.items() if key not in ("id", "at")}


def test_creation_is_recorded_with_all_values(client: FlaskClient, admin: Account) -> None:
    answer = client.post(URL, json=body(name="Bob"), headers=admin.headers)

    event = last_event(client, admin)
    created = {
        "email": "persona.bob@mana.test",
        "kind": "persona",
        "name": "Bob",
        "role": "user",
        "accessTier": "founder",
        "emailVerified": True,
        "archetype": "solo-dev",
        "systemPrompt": PROMPT,
        "moduleMix": {"todo": 1},
    }
    assert event["action"] == "persona.create"
    assert event["actor"] == admin.id
    assert event["target"] == answer.get_json()["userId"]
    assert event["before"] is None
    assert event["after"] | created == event["after"]


def test_put_records_its_changes(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    sent = body(archetype="freelancer", moduleMix={"notes": 2}, password=NEW)
    client.post(URL, json=sent, headers=admin.headers)

    assert last_event(client, admin) == {
        "action": "persona.update",
        "actor": admin.id,
        "target": bob.id,
        "before": {"archetype": "solo-dev", "moduleMix": {"todo": 1}},
        "after": {
            "archetype": "freelancer",
            "moduleMix": {"notes": 2},
            "password": "replaced",
        },
    }


def test_restored_stamp_is_recorded(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    edited = {"accessTier": "guest", "emailVerified": False}
    client.patch(f"/api/v1/admin/users/{bob.id}", json=edited, headers=admin.headers)
    edit = last_event(client, admin)
    client.post(URL, json=body(), headers=admin.headers)
    stamp = last_event(client, admin)

    assert edit["action"] == "user.update"
    assert edit["after"] == edited
    assert stamp["action"] == "persona.update"
    assert stamp["before"] == edited
    assert stamp["after"] == {"accessTier": "founder", "emailVerified": True}


def test_patch_records_its_changes(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    sent = {"name": "Bob", "tickCadence": "hourly", "archetype": "solo-dev"}
    client.patch(f"{URL}/{bob.id}", json=sent, headers=admin.headers)

    assert last_event(client, admin) == {
        "action": "persona.update",
        "actor": admin.id,
        "target": bob.id,
        "before": {"name": "persona.bob", "tickCadence": "daily"},
        "after": {"name": "Bob", "tickCadence": "hourly"},
    }


def test_deletion_records_the_deleted_account(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    client.delete(f"{URL}/{bob.id}", headers=admin.headers)

    assert last_event(client, admin) == {
        "action": "persona.delete",
        "actor": admin.id,
        "target": bob.id,
        "before": {
            "email": "persona.bob@mana.test",
            "kind": "persona",
            "name": "persona.bob",
            "role": "user",
            "accessTier": "founder",
            "emailVerified": True,
        },
        "after": None,
    }


def test_audit_trail_outlives_its_persona(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    client.patch(f"{URL}/{bob.id}", json={"name": "Bob"}, headers=admin.headers)
    client.delete(f"{URL}/{bob.id}", headers=admin.headers)
    for target in (bob.id, bob.email):
        query = {"target": target}
        answer = client.get("/api/v1/admin/audit", query_string=query, headers=admin.headers)

        actions = [event["action"] for event in answer.get_json()["events"]]
        assert actions == ["persona.delete", "persona.update", "persona.create"]


def test_audit_trail_contains_no_secret(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona()
    client.post(URL, json=body(password=NEW, name="Bob"), headers=admin.headers)
    client.patch(f"{URL}/{bob.id}", json={"name": "Robert"}, headers=admin.headers)
    client.delete(f"{URL}/{bob.id}", headers=admin.headers)
    trail = str(contents(app)["audit_events"])

    for secret in (PASSWORD, NEW, "argon2", bob.token, bob.refresh_token, bob.cookie):
        assert secret not in trail


def test_refused_request_and_dry_run_are_not_recorded(
    app: Flask, client: FlaskClient, admin: Account, ann: Account
) -> None:
    before = contents(app)["audit_events"]
    client.post(f"{URL}?dryRun=true", json=body(), headers=admin.headers)
    client.post(URL, json=body(archetype="A"), headers=admin.headers)
    client.patch(f"{URL}/{ann.id}", json={"name": "Anna"}, headers=admin.headers)
    client.delete(f"{URL}/{ann.id}", headers=admin.headers)

    assert contents(app)["audit_events"] == before
