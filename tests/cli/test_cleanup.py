"""`flask personas cleanup`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from tests.people import Account
from tests.persona.watch import contents, execute
from tests.seeding.catalogs import listed, write_catalog

CreatePersona = Callable[..., Account]


def run(runner: FlaskCliRunner, *args: object, **options: Any) -> Result:
    return runner.invoke(args=["personas", "cleanup", *map(str, args)], **options)


@pytest.fixture
def two_personas(create_persona: CreatePersona) -> list[Account]:
    """Zoe and Abe as accounts."""
    return [create_persona("persona.zoe@mana.test"), create_persona("persona.abe@mana.test")]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalog of Zoe and Abe."""
    return write_catalog(tmp_path, listed("Zoe"), listed("Abe"))


@pytest.mark.usefixtures("two_personas")
def test_it_asks_for_confirmation_and_deletes(
    app: Flask, runner: FlaskCliRunner, catalog: Path
) -> None:
    result = run(runner, "--catalog", catalog, input="y\n")

    assert result.exit_code == 0
    assert "Delete 2 personas?" in result.stderr
    assert result.stdout.splitlines() == [
        "deleted    persona.abe@mana.test",
        "deleted    persona.zoe@mana.test",
        "",
        "2 personas deleted",
    ]
    assert contents(app)["users"] == contents(app)["personas"] == contents(app)["sessions"] == []


@pytest.mark.usefixtures("two_personas")
@pytest.mark.parametrize("answer", ["n\n", "\n", "", "what?\n"])
def test_without_a_yes_nothing_is_deleted(
    app: Flask, runner: FlaskCliRunner, catalog: Path, answer: str
) -> None:
    before = contents(app)
    result = run(runner, "--catalog", catalog, input=answer)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert contents(app) == before


@pytest.mark.usefixtures("two_personas")
def test_the_yes_option_skips_the_confirmation(
    app: Flask, runner: FlaskCliRunner, catalog: Path
) -> None:
    result = run(runner, "--catalog", catalog, "--yes", input="")

    assert result.exit_code == 0
    assert result.stderr == ""
    assert contents(app)["personas"] == []


@pytest.mark.usefixtures("ann")
def test_without_personas_there_is_no_confirmation(
    app: Flask, runner: FlaskCliRunner, catalog: Path
) -> None:
    before = contents(app)
    result = run(runner, "--catalog", catalog, input="")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["", "0 personas deleted"]
    assert "?" not in result.stderr
    assert contents(app) == before


def test_one_persona_is_counted_in_the_singular(
    runner: FlaskCliRunner, catalog: Path, create_persona: CreatePersona
) -> None:
    create_persona()
    result = run(runner, "--catalog", catalog, input="y\n")

    assert "Delete 1 persona?" in result.stderr
    assert result.stdout.splitlines()[-1] == "1 persona deleted"


@pytest.mark.usefixtures("two_personas")
def test_a_dry_run_neither_asks_nor_deletes(
    app: Flask, runner: FlaskCliRunner, catalog: Path
) -> None:
    before = contents(app)
    dry = run(runner, "--catalog", catalog, "--dry-run", input="")
    after = contents(app)
    real = run(runner, "--catalog", catalog, "--yes")

    assert dry.exit_code == 0
    assert dry.stderr == ""
    assert dry.stdout == real.stdout.rstrip("\n") + " (dry run: nothing was written)\n"
    assert after == before


@pytest.mark.usefixtures("two_personas")
def test_it_warns_about_differences_from_the_catalog(
    runner: FlaskCliRunner, create_persona: CreatePersona, tmp_path: Path
) -> None:
    create_persona("persona.kim@mana.test")
    path = write_catalog(tmp_path, listed("Zoe"), listed("Ida"), listed("Abe"))
    result = run(runner, "--catalog", path, "--yes")

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "warning: persona.kim@mana.test is not in the catalog",
        "warning: persona.ida@mana.test is in the catalog, but does not exist",
    ]
    assert result.stdout.splitlines()[-1] == "3 personas deleted"


@pytest.mark.usefixtures("two_personas")
def test_other_accounts_are_not_changed(
    app: Flask,
    client: FlaskClient,
    runner: FlaskCliRunner,
    catalog: Path,
    create_user: Any,
    admin: Account,
) -> None:
    create_user("persona.kim@mana.test")
    execute(
        app,
        "INSERT INTO users (id, email, name, kind) VALUES (?, 'robot@mana.test', 'R', 'system')",
        "0" * 36,
    )
    before = contents(app)
    result = run(runner, "--catalog", catalog, "--yes")

    after = contents(app)
    personas = {row[0] for row in before["personas"]}
    events = len(before["audit_events"])
    assert result.exit_code == 0
    assert after["users"] == [row for row in before["users"] if row[0] not in personas]
    assert after["sessions"] == [row for row in before["sessions"] if not personas & set(row)]
    assert after["audit_events"][:events] == before["audit_events"]
    assert [row[2] for row in after["audit_events"][events:]] == ["persona.delete"] * 2
    assert client.get("/api/v1/auth/session", headers=admin.headers).status_code == 200


def test_json_lists_the_deleted_accounts(
    app: Flask, runner: FlaskCliRunner, catalog: Path, two_personas: list[Account]
) -> None:
    dry = run(runner, "--catalog", catalog, "--json", "--dry-run")
    remaining = len(contents(app)["personas"])
    real = run(runner, "--catalog", catalog, "--json", input="y\n")

    deleted = [{"userId": persona.id, "email": persona.email} for persona in reversed(two_personas)]
    assert json.loads(dry.stdout) == {"dryRun": True, "deleted": deleted, "spaces": []}
    assert remaining == 2
    assert json.loads(real.stdout) == {"dryRun": False, "deleted": deleted, "spaces": []}


def test_json_is_valid_when_nothing_is_deleted(runner: FlaskCliRunner) -> None:
    result = run(runner, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"dryRun": False, "deleted": [], "spaces": []}


@pytest.mark.usefixtures("two_personas")
def test_an_invalid_catalog_deletes_nothing(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    before = contents(app)
    path = write_catalog(tmp_path, listed("Zoe"), listed("Zoe"))
    result = run(runner, "--catalog", path, "--yes")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "personas.1.email" in result.stderr
    assert contents(app) == before


def test_deleted_personas_can_be_seeded_again(app: Flask, runner: FlaskCliRunner) -> None:
    runner.invoke(args=["personas", "seed"])
    cleaned = run(runner, "--yes")
    seeded = runner.invoke(args=["personas", "seed"])

    assert cleaned.exit_code == 0
    assert cleaned.stderr == ""
    assert "10 created" in seeded.stdout
    assert len(contents(app)["personas"]) == 10
