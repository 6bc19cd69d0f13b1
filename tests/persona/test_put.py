"""Creating and updating personas through `POST /api/v1/admin/personas`."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from tests.conftest import CreateApp
from tests.people import PASSWORD, PROMPT, Account, body
from tests.persona.watch import account, contents, execute

URL = "/api/v1/admin/personas"
OTHER_PROMPT = "You are somebody else, with another life entirely."


def put(client: FlaskClient, admin: Account, query: str = "", **changes: Any) -> TestResponse:
    return client.post(URL + query, json=body(**changes), headers=admin.headers)


def detail(client: FlaskClient, admin: Account, user_id: str) -> dict[str, Any]:
    answer = client.get(f"{URL}/{user_id}", headers=admin.headers)
    persona: dict[str, Any] = answer.get_json()["persona"]
    return persona


def test_new_email_creates_a_persona(app: Flask, client: FlaskClient, admin: Account) -> None:
    answer = put(client, admin)

    stored = account(app, "persona.bob@mana.test")
    assert stored is not None
    assert answer.status_code == 201
    assert list(answer.get_json().items()) == [
        ("ok", True),
        ("userId", stored["id"]),
        ("email", "persona.bob@mana.test"),
        ("created", True),
        ("changed", []),
    ]


def test_existing_persona_is_updated(client: FlaskClient, admin: Account) -> None:
    first = put(client, admin).get_json()
    answer = put(client, admin, archetype="freelancer")

    assert answer.status_code == 200
    assert list(answer.get_json().items()) == [
        ("ok", True),
        ("userId", first["userId"]),
        ("email", "persona.bob@mana.test"),
        ("created", False),
        ("changed", ["archetype"]),
    ]


def test_changes_are_named_in_the_order_of_the_contract(
    app: Flask, client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    bob = create_persona()
    execute(app, "UPDATE users SET access_tier = 'guest', email_verified = 0 WHERE id = ?", bob.id)
    answer = put(
        client,
        admin,
        password="another long password",
        tickCadence="weekdays",
        moduleMix={"notes": 2},
        systemPrompt=OTHER_PROMPT,
        archetype="freelancer",
        name="Bob",
    )

    assert answer.get_json()["changed"] == [
        "name",
        "archetype",
        "systemPrompt",
        "moduleMix",
        "tickCadence",
        "accessTier",
        "emailVerified",
        "password",
    ]


def test_same_description_again_changes_nothing(client: FlaskClient, admin: Account) -> None:
    put(client, admin)
    answer = put(client, admin)

    assert answer.status_code == 200
    assert answer.get_json()["changed"] == []


def test_every_form_of_an_email_is_the_same_persona(client: FlaskClient, admin: Account) -> None:
    first = put(client, admin)
    for written in ("Persona.Bob@MANA.test", "ｐersona.bob@mana.test"):
        again = put(client, admin, email=written)

        assert again.status_code == 200
        assert again.get_json() == first.get_json() | {"created": False}


def test_name_defaults_to_the_local_part_and_stays(client: FlaskClient, admin: Account) -> None:
    user_id = put(client, admin).get_json()["userId"]
    default = detail(client, admin, user_id)["name"]
    put(client, admin, name="Bob")
    again = put(client, admin)

    assert default == "persona.bob"
    assert again.get_json()["changed"] == []
    assert detail(client, admin, user_id)["name"] == "Bob"


def test_cadence_defaults_to_daily_and_stays(client: FlaskClient, admin: Account) -> None:
    user_id = put(client, admin).get_json()["userId"]
    default = detail(client, admin, user_id)["tickCadence"]
    put(client, admin, tickCadence="hourly")
    again = put(client, admin, archetype="freelancer")

    assert default == "daily"
    assert again.get_json()["changed"] == ["archetype"]
    assert detail(client, admin, user_id)["tickCadence"] == "hourly"


def test_new_persona_gets_the_persona_stamp(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    put(client, admin)

    stored = account(app, "persona.bob@mana.test")
    assert stored is not None
    assert stored["kind"] == "persona"
    assert stored["role"] == "user"
    assert stored["access_tier"] == "founder"
    assert stored["email_verified"] == 1


def test_put_restores_the_persona_stamp(app: Flask, client: FlaskClient, admin: Account) -> None:
    user_id = put(client, admin).get_json()["userId"]
    edited = client.patch(
        f"/api/v1/admin/users/{user_id}",
        json={"accessTier": "guest", "emailVerified": False},
        headers=admin.headers,
    )
    answer = put(client, admin)

    stored = account(app, "persona.bob@mana.test")
    assert stored is not None
    assert edited.status_code == 200
    assert answer.get_json()["changed"] == ["accessTier", "emailVerified"]
    assert (stored["access_tier"], stored["email_verified"]) == ("founder", 1)


@pytest.mark.parametrize("query", ["", "?dryRun=true"])
def test_human_never_becomes_a_persona(
    app: Flask, client: FlaskClient, admin: Account, create_user: Any, query: str
) -> None:
    create_user("persona.bob@mana.test")
    before = contents(app)
    answer = put(client, admin, query, password=PASSWORD, email="Persona.Bob@mana.test")

    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert contents(app) == before


@pytest.mark.parametrize("query", ["", "?dryRun=true"])
def test_email_must_be_on_a_persona_domain(
    app: Flask, client: FlaskClient, admin: Account, query: str
) -> None:
    before = contents(app)
    for domain in ("example.org", "sub.mana.test", "mana.test.example.org", "xmana.test"):
        answer = put(client, admin, query, email=f"bob@{domain}")

        assert answer.status_code == 422, domain
        assert list(answer.get_json()["errors"]) == ["email"]
    assert contents(app) == before


def test_persona_domains_can_be_configured(make_app: CreateApp, admin: Account) -> None:
    client = make_app(email_domains="one.test, Two.test").test_client(use_cookies=False)

    assert put(client, admin, email="bob@two.test").status_code == 201
    assert put(client, admin, email="bob@mana.test").status_code == 422


def test_detail_shows_the_values_that_were_put(client: FlaskClient, admin: Account) -> None:
    mix = {"zebra": 3, "todo": 0, "notes": 0.5, "calendar": 1_000_000}
    user_id = put(client, admin, moduleMix=mix).get_json()["userId"]
    persona = detail(client, admin, user_id)

    assert persona["systemPrompt"] == PROMPT
    assert list(persona["moduleMix"].items()) == list(mix.items())
    assert [type(weight) for weight in persona["moduleMix"].values()] == [int, int, float, int]


def test_account_and_persona_row_are_created_together_or_not_at_all(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    execute(
        app,
        "CREATE TRIGGER no_descriptor BEFORE INSERT ON personas "
        "BEGIN SELECT RAISE(ABORT, 'not today'); END",
    )
    before = contents(app)
    with pytest.raises(IntegrityError, match="not today"):
        put(client, admin)

    assert contents(app) == before
