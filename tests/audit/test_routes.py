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


def test_a_registration_is_an_event_of_the_account_itself(
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


def test_a_change_says_what_was_before_and_after(
    events: Callable[..., Any], admin: Account, busy: Account
) -> None:
    found = events(action="user.update")

    assert {(event["actor"], event["target"]) for event in found} == {(admin.id, busy.id)}
    assert [(event["before"], event["after"]) for event in found] == [
        ({"role": "admin", "accessTier": "public"}, {"role": "user", "accessTier": "beta"}),
        ({"role": "user"}, {"role": "admin"}),
        ({"name": "ann"}, {"name": "Anna"}),
    ]


def test_only_what_differs_is_an_event(
    client: FlaskClient, events: Callable[..., Any], admin: Account, ann: Account
) -> None:
    for change in ({}, {"role": "user"}, {"name": "ann", "accessTier": "beta"}):
        client.patch(f"{USERS}/{ann.id}", json=change, headers=admin.headers)

    (event,) = events(action="user.update")

    assert (event["before"], event["after"]) == ({"accessTier": "public"}, {"accessTier": "beta"})


def test_what_is_refused_is_no_event(
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
    client: FlaskClient, events: Callable[..., Any], admin: Account, busy: Account
) -> None:
    client.delete(f"{USERS}/{busy.id}", headers=admin.headers)

    found = events(target=busy.id)

    assert [event["action"] for event in found] == [
        "user.delete",
        *["user.update"] * 3,
        "user.create",
    ]
    assert found[0]["actor"] == admin.id
    assert found[0]["after"] is None
    assert found[0]["before"] == {
        "email": busy.email,
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


def test_the_command_line_is_an_actor(
    events: Callable[..., Any], create_persona: Callable[..., Account]
) -> None:
    bob = create_persona()

    (event,) = events(actor="cli")

    assert (event["actor"], event["target"]) == ("cli", bob.id)
    assert event["action"] == "persona.create"


def test_no_secret_enters_the_trail(
    app: Flask, client: FlaskClient, admin: Account, busy: Account
) -> None:
    other = "another long password"
    for password in (PASSWORD, other):
        client.post(PERSONAS, json=body(password=password), headers=admin.headers)
    client.post("/api/v1/auth/login", json={"email": busy.email, "password": PASSWORD})
    client.delete(f"{USERS}/{busy.id}", headers=admin.headers)

    with app.app_context(), read():
        rows = db.session.execute(sa.select(AuditEvent.__table__)).all()
    text = "\n".join(str(row) for row in rows)

    assert "persona.update" in text
    assert "$argon2" not in text
    assert PASSWORD not in text
    assert other not in text
    assert "hash" not in text.lower()
    assert busy.token not in text
