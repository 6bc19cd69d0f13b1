"""`POST /api/v1/admin/personas?dryRun=true` gives the same answer and writes nothing."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import Account, body
from tests.persona.watch import contents


def put(client: FlaskClient, admin: Account, query: str = "", **changes: Any) -> TestResponse:
    url = f"/api/v1/admin/personas{query}"
    return client.post(url, json=body(**changes), headers=admin.headers)


def test_a_dry_run_of_a_new_persona_writes_nothing(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    before = contents(app)
    answer = put(client, admin, "?dryRun=true")

    assert answer.status_code == 201
    assert answer.get_json() == {
        "ok": True,
        "userId": None,
        "email": "persona.bob@mana.test",
        "created": True,
        "changed": [],
    }
    assert contents(app) == before


def test_a_dry_run_of_a_change_writes_nothing(
    app: Flask, client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    bob = create_persona()
    before = contents(app)
    answer = put(client, admin, "?dryRun=true", name="Bob", password="another long password")

    assert answer.status_code == 200
    assert answer.get_json()["userId"] == bob.id
    assert answer.get_json()["changed"] == ["name", "password"]
    assert contents(app) == before


def test_dry_run_false_writes(client: FlaskClient, admin: Account) -> None:
    dry = put(client, admin, "?dryRun=false")
    again = put(client, admin)

    assert dry.status_code == 201
    assert again.status_code == 200


def test_dry_run_must_be_true_or_false(app: Flask, client: FlaskClient, admin: Account) -> None:
    before = contents(app)
    for word in ("yes", "1", "", "True", "null"):
        answer = put(client, admin, f"?dryRun={word}")

        assert answer.status_code == 422, word
        assert list(answer.get_json()["errors"]) == ["dryRun"]
    assert contents(app) == before
