"""`flask personas seed`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from tests.people import Account, body
from tests.persona.watch import account, contents, count_hashes
from tests.seeding.catalogs import listed, write_catalog

SPACES = (
    "space third-floor-flat  (family, owner persona.anna@mana.test)",
    "member persona.ben@mana.test of third-floor-flat  (member)",
    "space bielefeld-machines  (team, owner persona.marcus@mana.test)",
    "member persona.lena@mana.test of bielefeld-machines  (member)",
    "space leipzig-household  (family, owner persona.sofia@mana.test)",
    "member persona.tom@mana.test of leipzig-household  (member)",
    "space tidewatch  (practice, owner persona.kai@mana.test)",
    "space paul-stage-lighting  (brand, owner persona.paul@mana.test)",
)
NAMES = ("anna", "ben", "marcus", "lena", "sofia", "tom", "kai", "julia", "paul", "maya")


def run(runner: FlaskCliRunner, *args: object, **options: Any) -> Result:
    return runner.invoke(args=["personas", "seed", *map(str, args)], **options)


def test_it_creates_the_ten_personas_of_the_catalog(app: Flask, runner: FlaskCliRunner) -> None:
    result = run(runner)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        *(f"created    persona.{name}@mana.test" for name in NAMES),
        *(f"created    {line}" for line in SPACES),
        "",
        "5 spaces created, 3 members created",
        "10 created, 0 updated, 0 unchanged, 0 failed",
    ]
    assert result.stderr == ""
    assert len(contents(app)["personas"]) == 10


def test_it_is_safe_to_repeat(
    app: Flask, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(runner)
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    result = run(runner)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        *(f"unchanged  persona.{name}@mana.test" for name in NAMES),
        *(f"unchanged  {line}" for line in SPACES),
        "",
        "5 spaces unchanged, 3 members unchanged",
        "0 created, 0 updated, 10 unchanged, 0 failed",
    ]
    assert hashes == []
    assert contents(app) == before


def test_an_update_names_the_changed_fields(runner: FlaskCliRunner, tmp_path: Path) -> None:
    run(runner, "--catalog", write_catalog(tmp_path, listed("Zoe"), listed("Abe")))
    changed = listed("Zoe", tickCadence="hourly", archetype="freelancer")
    result = run(runner, "--catalog", write_catalog(tmp_path, changed, listed("Abe")))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "updated    persona.zoe@mana.test  (archetype, tickCadence)",
        "unchanged  persona.abe@mana.test",
        "",
        "0 created, 1 updated, 1 unchanged, 0 failed",
    ]


def test_the_audit_log_names_the_command_line_as_actor(
    client: FlaskClient, admin: Account, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    run(runner, "--catalog", write_catalog(tmp_path, listed()))
    answer = client.get("/api/v1/admin/audit?actor=cli", headers=admin.headers)

    [event] = answer.get_json()["events"]
    assert event["action"] == "persona.create"
    assert event["after"]["email"] == "persona.zoe@mana.test"


def test_a_failure_is_reported_and_the_others_are_seeded(
    app: Flask, runner: FlaskCliRunner, create_user: Any, tmp_path: Path
) -> None:
    create_user("persona.abe@mana.test")
    human = account(app, "persona.abe@mana.test")
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe"), listed("Kim"))
    result = run(runner, "--catalog", path)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "created    persona.zoe@mana.test",
        "failed     persona.abe@mana.test  This account is not a persona. It was not changed.",
        "created    persona.kim@mana.test",
        "",
        "2 created, 0 updated, 0 unchanged, 1 failed",
    ]
    assert account(app, "persona.abe@mana.test") == human


def test_a_dry_run_prints_the_plan_and_writes_nothing(
    app: Flask, runner: FlaskCliRunner, create_user: Any, tmp_path: Path
) -> None:
    run(runner, "--catalog", write_catalog(tmp_path, listed("Zoe"), listed("Kim")))
    create_user("persona.abe@mana.test")
    entries = [listed("Zoe"), listed("Abe"), listed("Kim", archetype="x"), listed("Ida")]
    path = write_catalog(tmp_path, *entries)
    before = contents(app)
    dry = run(runner, "--catalog", path, "--dry-run")
    after = contents(app)
    real = run(runner, "--catalog", path)

    assert after == before
    assert dry.exit_code == real.exit_code == 1
    assert dry.stdout == real.stdout.rstrip("\n") + " (dry run: nothing was written)\n"
    assert "updated    persona.kim@mana.test  (archetype)" in real.stdout


def test_json_lists_every_persona(runner: FlaskCliRunner, create_user: Any, tmp_path: Path) -> None:
    create_user("persona.abe@mana.test")
    run(runner, "--catalog", write_catalog(tmp_path, listed("Zoe")))
    path = write_catalog(tmp_path, listed("Zoe", archetype="x"), listed("Abe"), listed("Kim"))
    result = run(runner, "--catalog", path, "--json")

    printed = json.loads(result.stdout)
    assert result.exit_code == 1
    assert printed["dryRun"] is False
    assert [(entry["email"], entry["word"], entry["changed"]) for entry in printed["personas"]] == [
        ("persona.zoe@mana.test", "updated", ["archetype"]),
        ("persona.abe@mana.test", "failed", []),
        ("persona.kim@mana.test", "created", []),
    ]
    assert "not a persona" in printed["personas"][1]["reason"]
    assert printed["summary"] == {"created": 1, "updated": 1, "unchanged": 0, "failed": 1}


def test_json_of_a_dry_run_is_marked(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    result = run(runner, "--json", "--dry-run")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["dryRun"] is True
    assert contents(app) == before


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--json"]])
def test_an_invalid_catalog_seeds_nothing(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path, options: list[str]
) -> None:
    invalid = listed("Abe", moduleMix={"todo": -1}, archetype="A", email="abe@example.org")
    path = write_catalog(tmp_path, listed("Zoe"), invalid, listed("zoe"), version=1)
    before = contents(app)
    result = run(runner, "--catalog", path, *options)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert str(path) in result.stderr
    for field in (
        "personas.1.moduleMix.todo: ",
        "personas.1.archetype: ",
        "personas.1.email: ",
        "personas.2.email: ",
        "version: ",
    ):
        assert field in result.stderr
    assert contents(app) == before


def test_an_unreadable_catalog_is_refused(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    before = contents(app)
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "latin.json").write_bytes(b'{"description": "\xe4"}')
    for path in (tmp_path, tmp_path / "none", tmp_path / "list.json", tmp_path / "latin.json", ""):
        result = run(runner, "--catalog", path)

        assert result.exit_code == 2
        assert result.stdout == ""
        assert str(path) in result.stderr
        assert isinstance(result.exception, SystemExit)
    assert contents(app) == before


def test_an_admin_with_a_persona_email_stays_an_admin(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    created = runner.invoke(
        args=["personas", "create-admin", "persona.zoe@mana.test", "--password-stdin"],
        input=body()["password"],
    )
    human = account(app, "persona.zoe@mana.test")
    result = run(runner, "--catalog", write_catalog(tmp_path, listed("Zoe")))

    assert created.exit_code == 0
    assert human is not None
    assert (human["kind"], human["role"]) == ("human", "admin")
    assert result.exit_code == 1
    assert account(app, "persona.zoe@mana.test") == human
    assert contents(app)["personas"] == []
