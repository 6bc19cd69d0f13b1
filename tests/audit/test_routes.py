"""The audit trail over HTTP: who did what to whom."""

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from personas.audit.models import AuditEvent
from personas.database.engine import db
from personas.database.session import read
from personas.user.stamp import ADMIN
from tests.people import PASSWORD, Account, body

USERS = "/api/v1/admin/users"
PERSONAS = "/api/v1/admin/personas"


def test_registration_is_recorded_with_the_account_as_actor(
    client: FlaskClient, events: Callable[..., Any]
) -> None:
    sent = {"email": "Bob@example.org", "password": PASSWORD, "name": "Bob"}
    bob = client.post("/api/v1/auth/register", json=sent).get_json()["user"]

    (event,) = events(target=bob["id"])

    assert list(event) == ["id", "at", "action", "actor", "target", "before", "after"]
    assert event["action"] == "user.create"
    assert event["actor"] == event["target"] == bob["id"]
    assert event["before"] is None
    assert event["after"] == {
        key: bob[key] for key in ("email", "kind", "name", "role", "accessTier", "emailVerified")
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", event["at"])


def test_change_is_recorded_with_before_and_after(
    events: Callable[..., Any], admin: Account, changed_ann: Account
) -> None:
    changes = events(action="user.update")

    assert {(event["actor"], event["target"]) for event in changes} == {(admin.id, changed_ann.id)}
    assert [(event["before"], event["after"]) for event in changes] == [
        ({"role": "admin", "accessTier": "public"}, {"role": "user", "accessTier": "beta"}),
        ({"role": "user"}, {"role": "admin"}),
        ({"name": "ann"}, {"name": "Anna"}),
    ]


def test_only_changed_values_are_recorded(
    client: FlaskClient, events: Callable[..., Any], admin: Account, ann: Account
) -> None:
    for change in ({}, {"role": "user"}, {"name": "ann", "accessTier": "beta"}):
        client.patch(f"{USERS}/{ann.id}", json=change, headers=admin.headers)

    (event,) = events(action="user.update")

    assert (event["before"], event["after"]) == ({"accessTier": "public"}, {"accessTier": "beta"})


def test_refused_request_is_not_recorded(
    client: FlaskClient,
    events: Callable[..., Any],
    admin: Account,
    ann: Account,
    create_persona: Callable[..., Account],
) -> None:
    bob = create_persona()
    before = events()

    client.patch(f"{USERS}/{admin.id}", json={"role": "user"}, headers=admin.headers)
    client.patch(f"{USERS}/{bob.id}", json={"role": "admin"}, headers=admin.headers)
    client.patch(f"{USERS}/{ann.id}", json={"kind": "persona"}, headers=admin.headers)
    client.patch(f"{USERS}/{ann.id}", json={"role": "admin"}, headers=ann.headers)
    client.delete(f"{USERS}/{admin.id}", headers=admin.headers)
    client.delete(f"{USERS}/{bob.id}", headers=admin.headers)
    client.delete(f"{PERSONAS}/{ann.id}", headers=admin.headers)
    client.post(PERSONAS, json=body(email="ann@example.org"), headers=admin.headers)
    client.post("/api/v1/auth/register", json={"email": ann.email, "password": PASSWORD})

    assert events() == before


def test_events_outlive_their_subject(
    client: FlaskClient, events: Callable[..., Any], admin: Account, changed_ann: Account
) -> None:
    client.delete(f"{USERS}/{changed_ann.id}", headers=admin.headers)

    recorded = events(target=changed_ann.id)

    assert [event["action"] for event in recorded] == [
        "user.delete",
        *["user.update"] * 3,
        "user.create",
    ]
    assert recorded[0]["actor"] == admin.id
    assert recorded[0]["after"] is None
    assert recorded[0]["before"] == {
        "email": changed_ann.email,
        "kind": "human",
        "name": "Anna",
        "role": "user",
        "accessTier": "beta",
        "emailVerified": False,
    }


def test_events_outlive_their_actor(
    client: FlaskClient,
    events: Callable[..., Any],
    admin: Account,
    ann: Account,
    create_user: Callable[..., Account],
) -> None:
    bob = create_user("bob@example.org", stamp=ADMIN)
    client.patch(f"{USERS}/{ann.id}", json={"name": "Anna"}, headers=bob.headers)

    client.delete(f"{USERS}/{bob.id}", headers=admin.headers)

    assert [event["target"] for event in events(actor=bob.id)] == [ann.id, bob.id]
    assert events(actor=bob.email) == events(actor=bob.id)


def test_command_line_is_recorded_as_cli(
    events: Callable[..., Any], create_persona: Callable[..., Account]
) -> None:
    bob = create_persona()

    (event,) = events(actor="cli")

    assert (event["actor"], event["target"]) == ("cli", bob.id)
    assert event["action"] == "persona.create"


def test_audit_trail_contains_no_secret(
    app: Flask, client: FlaskClient, admin: Account, changed_ann: Account
) -> None:
    other = "another long password"
    for password in (PASSWORD, other):
        client.post(PERSONAS, json=body(password=password), headers=admin.headers)
    client.post("/api/v1/auth/login", json={"email": changed_ann.email, "password": PASSWORD})
    client.delete(f"{USERS}/{changed_ann.id}", headers=admin.headers)

    with app.app_context(), read():
        rows = db.session.execute(sa.select(AuditEvent.__table__)).all()
    text = "\n".join(str(row) for row in rows)

    assert "persona.update" in text
    assert "$argon2" not in text
    assert PASSWORD not in text
    assert other not in text
    assert "hash" not in text.lower()
    assert changed_ann.token not in text
