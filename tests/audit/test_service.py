"""Searching the audit trail, and reading it page by page."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from personas.audit.models import AuditEvent
from personas.database.engine import db
from tests.people import Account

AUDIT = "/api/v1/admin/audit"
USERS = "/api/v1/admin/users"


def test_events_are_found_by_id_email_and_action(
    events: Callable[..., Any], admin: Account, changed_ann: Account
) -> None:
    assert len(events(target=changed_ann.id)) == 4
    assert events(target=changed_ann.email) == events(target=changed_ann.id)
    assert len(events(actor=admin.id)) == 4  # its own registration, and three changes
    assert events(actor=admin.email) == events(actor=admin.id)
    assert len(events(action="user.create")) == 2
    assert len(events(target=changed_ann.id, actor=admin.id, action="user.update")) == 3
    assert events(target=admin.id, action="user.update") == []
    assert events(target="nobody@example.org") == []
    assert events(action="user") == []


@pytest.mark.parametrize("email", ["ANN@example.org", "Ａｎｎ@Example.ORG"])
def test_events_are_found_by_every_form_of_an_email(
    events: Callable[..., Any], ann: Account, email: str
) -> None:
    assert [event["target"] for event in events(target=email)] == [ann.id]
    assert [event["target"] for event in events(actor=email)] == [ann.id]


def test_pages_contain_each_event_once_newest_first(
    client: FlaskClient, events: Callable[..., Any], admin: Account, changed_ann: Account
) -> None:
    everything = events()
    pages: list[list[Any]] = []
    cursor: dict[str, str] = {}
    while not pages or cursor["cursor"]:
        query = {"limit": "2", **cursor}
        page = client.get(AUDIT, headers=admin.headers, query_string=query).get_json()
        pages.append(page["events"])
        cursor = {"cursor": page["nextCursor"]}
        client.patch(
            f"{USERS}/{changed_ann.id}", json={"name": f"{len(pages)}"}, headers=admin.headers
        )  # later events do not shift the pages

    assert [event for page in pages for event in page] == everything
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [event["id"] for event in everything] == sorted(
        (event["id"] for event in everything), reverse=True
    )


def test_default_page_has_100_events(
    app: Flask, events: Callable[..., Any], client: FlaskClient, admin: Account
) -> None:
    values = [
        {"id": f"01890000-0000-7000-8000-{n:012}", "action": "user.update", "actor": "cli"}
        for n in range(101)
    ]
    with app.app_context(), db.engine.begin() as connection:
        for value in values:
            row = value | {"at": sa.func.current_timestamp(), "target": admin.id}
            connection.execute(sa.insert(AuditEvent).values(row))

    page = client.get(f"{AUDIT}?actor=cli", headers=admin.headers).get_json()

    assert [event["id"] for event in page["events"]] == [value["id"] for value in values[:0:-1]]
    assert page["nextCursor"] == values[1]["id"]
    assert len(events(actor="cli", limit=1000)) == 101


def test_invalid_query_value_is_named(client: FlaskClient, admin: Account) -> None:
    invalid = [
        *(("limit", value) for value in ("0", "1001", "abc", "+5", "٥", "")),
        *(("cursor", value) for value in ("", "abc", admin.id.upper())),
        *(("target", value) for value in ("", "x" * 255, "\0")),
        *(("actor", value) for value in ("", "x" * 255, "\0")),
        *(("action", value) for value in ("", "x" * 65, "\0")),
        ("before", "x"),
    ]

    answers = [
        client.get(AUDIT, headers=admin.headers, query_string={name: value})
        for name, value in invalid
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert [list(answer.get_json()["errors"]) for answer in answers] == [[n] for n, _ in invalid]
