"""The commands about one account: list, show, password, token."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from personas.config.parsing import DEV_SEED_SECRET
from personas.persona import derived
from tests.conftest import CreateApp
from tests.people import PROMPT, Account
from tests.persona.watch import contents, execute
from tests.seeding.catalogs import listed, write_catalog

CreatePersona = Callable[..., Account]
ANNAS_PASSWORD = "1FJ7w8KbjK5CWVa8NqfobexAFNuQKxiA"


def run(runner: FlaskCliRunner, *args: str, **options: Any) -> Result:
    return runner.invoke(args=["personas", *args], **options)


def test_list_prints_a_table_and_a_count(
    app: Flask, runner: FlaskCliRunner, create_persona: CreatePersona
) -> None:
    create_persona(name="Bob")
    create_persona("persona.josephine@mana.test", name="Joséphine", tick_cadence="weekdays")
    daily = (
        "UPDATE personas SET last_active_at = '2026-01-02 03:04:05' WHERE tick_cadence = 'daily'"
    )
    execute(app, daily)
    result = run(runner, "list")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "name       email                        archetype  tickCadence  lastActiveAt",
        "Joséphine  persona.josephine@mana.test  solo-dev   weekdays     never",
        "Bob        persona.bob@mana.test        solo-dev   daily        2026-01-02T03:04:05Z",
        "",
        "2 personas, 1 archetypes",
    ]


@pytest.mark.usefixtures("ann")
def test_list_contains_only_personas(
    runner: FlaskCliRunner, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    create_persona()
    result = run(runner, "list", "--json")

    answer = client.get("/api/v1/admin/personas", headers=admin.headers)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == answer.get_json()["personas"]


def test_an_empty_list_prints_zero_personas(runner: FlaskCliRunner) -> None:
    assert "0 personas" in run(runner, "list").stdout
    assert json.loads(run(runner, "list", "--json").stdout) == []


def test_a_persona_is_shown_by_name_and_email_in_any_case(
    runner: FlaskCliRunner, create_persona: CreatePersona
) -> None:
    zoe = create_persona("persona.zoe@mana.test", name="Zoë", module_mix={"todo": 2, "a": 0.5})
    for who in ("Zoë", "ZOË", "zoë", "persona.zoe@mana.test", "Persona.ZOE@Mana.test"):
        as_text = run(runner, "show", who)
        as_json = run(runner, "show", who, "--json")

        printed = json.loads(as_json.stdout)
        assert as_text.exit_code == as_json.exit_code == 0
        for value in (zoe.id, "persona.zoe@mana.test", "Zoë", "founder", PROMPT, "todo"):
            assert value in as_text.stdout
        assert printed["id"] == zoe.id
        assert printed["kind"] == "persona"
        assert printed["moduleMix"] == {"todo": 2, "a": 0.5}
        assert printed["lastActiveAt"] is None


def test_a_human_is_shown_by_email_without_the_password_hash(
    runner: FlaskCliRunner, ann: Account
) -> None:
    result = run(runner, "show", "Ann@Example.org", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["id"] == ann.id
    assert "archetype" not in result.stdout
    assert "argon2" not in result.stdout + run(runner, "show", ann.email).stdout


def test_an_account_is_shown_with_its_spaces(runner: FlaskCliRunner) -> None:
    runner.invoke(args=["personas", "seed"])
    result = run(runner, "show", "ben")
    printed = json.loads(run(runner, "show", "ben", "--json").stdout)

    assert result.stdout.splitlines()[-2:] == [
        "space          persona-ben (personal, owner)",
        "space          third-floor-flat (family, member)",
    ]
    assert [(space["slug"], space["metadata"], space["role"]) for space in printed["spaces"]] == [
        ("persona-ben", {"type": "personal"}, "owner"),
        ("third-floor-flat", {"type": "family"}, "member"),
    ]


@pytest.mark.parametrize("command", ["show", "password", "token"])
def test_an_ambiguous_name_lists_the_emails(
    app: Flask, runner: FlaskCliRunner, create_persona: CreatePersona, command: str
) -> None:
    create_persona("persona.two@mana.test", name="bob")
    create_persona("persona.one@mana.test", name="BOB")
    create_persona("persona.three@mana.test", name="Bobby")
    before = contents(app)
    result = run(runner, command, "Bob")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[1:] == ["  persona.one@mana.test", "  persona.two@mana.test"]
    assert contents(app) == before


@pytest.mark.parametrize("command", ["show", "password", "token"])
@pytest.mark.usefixtures("ann")
def test_unknown_account_is_reported_in_one_sentence(runner: FlaskCliRunner, command: str) -> None:
    for who in ("ann", "nobody@example.org", "", "%", "a@b@c", "ann@exämple.org"):
        result = run(runner, command, who)

        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert who in result.stderr
        assert isinstance(result.exception, SystemExit)


def test_password_of_a_persona_email_needs_no_account(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for who in ("persona.anna@mana.test", "Persona.Anna@MANA.test"):
        result = run(runner, "password", who)

        assert result.exit_code == 0
        assert result.stdout == f"{ANNAS_PASSWORD}\n"
        assert result.stderr == ""
    assert contents(app) == before


def test_password_of_an_existing_persona_is_printed_by_name(
    runner: FlaskCliRunner, create_persona: CreatePersona
) -> None:
    create_persona("persona.anna@mana.test", name="Anna")
    for who in ("Anna", "anna", "ANNA"):
        result = run(runner, "password", who)

        assert result.exit_code == 0
        assert result.stdout == f"{ANNAS_PASSWORD}\n"


def test_a_seeded_persona_logs_in_with_the_printed_password(
    make_app: CreateApp, tmp_path: Path
) -> None:
    app = make_app(seed_secret="geheim-äöü-🔑")
    runner = app.test_cli_runner()
    run(runner, "seed", "--catalog", str(write_catalog(tmp_path, listed("Maya"))))
    password = run(runner, "password", "maya").stdout.rstrip("\n")
    login = {"email": "persona.maya@mana.test", "password": password}
    answer = app.test_client().post("/api/v1/auth/login", json=login)

    assert password == "5BwNoz9b8mZ6j1GZTZcptUeN2TLSje5Q"
    assert answer.status_code == 200


def test_an_existing_persona_keeps_its_password_when_its_domain_is_removed(
    make_app: CreateApp, create_persona: CreatePersona
) -> None:
    bob = create_persona(name="Bob")
    runner = make_app(email_domains="other.test").test_cli_runner()
    result = run(runner, "password", "bob")

    assert result.stdout.rstrip("\n") == derived.password(DEV_SEED_SECRET, bob.email)


def test_password_is_derived_only_for_personas(runner: FlaskCliRunner, create_user: Any) -> None:
    create_user("ann@example.org")
    create_user("persona.ann@mana.test")
    for email in ("ann@example.org", "persona.ann@mana.test", "bob@example.org", "a@b.mana.test"):
        result = run(runner, "password", email)

        assert result.exit_code == 1
        assert result.stdout == ""
        assert email in result.stderr
        assert derived.password(DEV_SEED_SECRET, email) not in result.stderr


@pytest.mark.usefixtures("ann")
def test_a_token_authenticates_its_account(
    client: FlaskClient, runner: FlaskCliRunner, create_persona: CreatePersona
) -> None:
    create_persona("persona.bob@mana.test", name="Bob")
    for who, email in {
        "bob": "persona.bob@mana.test",
        "Persona.Bob@mana.test": "persona.bob@mana.test",
        "ann@example.org": "ann@example.org",
    }.items():
        result = run(runner, "token", who)

        bearer = {"Authorization": f"Bearer {result.stdout.strip()}"}
        answer = client.get("/api/v1/auth/session", headers=bearer)
        assert result.exit_code == 0
        assert result.stdout.count("\n") == 1
        assert result.stderr == ""
        assert answer.get_json()["user"]["email"] == email
