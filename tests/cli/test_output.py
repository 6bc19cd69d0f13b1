"""The output of the commands: colour, progress, help, and error messages without tracebacks."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from personas import create_app
from personas.database.schema import head
from tests.cli.terminal import flask, on_terminal, screen
from tests.conftest import CreateApp
from tests.people import Account
from tests.persona.watch import execute
from tests.seeding.catalogs import listed, write_catalog

CHECKOUT = Path(__file__).parents[2]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = (
    "seed",
    "cleanup",
    "diff",
    "list",
    "show",
    "password",
    "token",
    "create-admin",
    "upgrade",
    "export",
    "prune",
)


def run(runner: FlaskCliRunner, *args: str, **options: Any) -> Result:
    return runner.invoke(args=["personas", *args], **options)


@pytest.mark.slow
@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_shows_progress_and_keeps_the_lines(tmp_path: Path, no_color: bool) -> None:
    path = str(write_catalog(tmp_path, listed("Zoe"), listed("Abe")))
    code, written = on_terminal(tmp_path, "seed", "--catalog", path, no_color=no_color)

    assert code == 0
    assert "0/2" in written
    assert "2/2" in written
    assert bool(COLOUR.search(written)) is not no_color
    assert screen(written) == [
        "created    persona.zoe@mana.test",
        "created    persona.abe@mana.test",
        "",
        "2 created, 0 updated, 0 unchanged, 0 failed",
        "",
    ]


@pytest.mark.slow
def test_a_pipe_gets_neither_colour_nor_progress(tmp_path: Path) -> None:
    path = str(write_catalog(tmp_path, listed("Zoe"), listed("Abe")))
    process = flask(
        tmp_path,
        *("seed", "--catalog", path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0
    assert out.splitlines() == [
        "created    persona.zoe@mana.test",
        "created    persona.abe@mana.test",
        "",
        "2 created, 0 updated, 0 unchanged, 0 failed",
    ]
    assert err == ""


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({"NO_COLOR": None}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)],
)
def test_no_color_removes_the_colour(
    runner: FlaskCliRunner, environment: dict[str, str | None], coloured: bool
) -> None:
    result = run(runner, "seed", color=True, env=environment)

    assert bool(COLOUR.search(result.stdout)) is coloured


def test_help_writes_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    runner = create_app("test", values={}, instance_path=str(folder)).test_cli_runner()
    for command in COMMANDS:
        result = run(runner, command, "--help")

        assert result.exit_code == 0
        assert result.stdout.startswith("Usage: ")
    assert all(command in run(runner, "--help").stdout for command in COMMANDS)
    assert not folder.exists()


def test_upgrade_prints_the_revision(runner: FlaskCliRunner) -> None:
    result = run(runner, "upgrade")

    assert result.exit_code == 0
    assert result.stdout == f"The database is at revision {head()}.\n"


def test_invalid_input_is_reported_in_one_sentence(runner: FlaskCliRunner) -> None:
    invalid_commands = [
        ["show", "x" * 100_000],
        ["show", "a@" + "x" * 100_000],
        ["show", "'; DROP TABLE users; --"],
        ["show", "\udcff@mana.test"],
        ["token", "persona.\udcff@mana.test"],
        ["create-admin", "\udcff@example.org"],
        ["seed", "--catalog", "\udcff"],
        ["seed", "--catalog", "x" * 5000],
        ["cleanup", "--catalog", "/dev/null", "--yes"],
        ["show"],
        ["show", "a", "b"],
        ["seed", "--no-such-option"],
        ["no-such-command"],
        ["password", ""],
    ]
    for args in invalid_commands:
        result = run(runner, *args, input="")

        assert isinstance(result.exception, SystemExit), args
        assert result.exit_code in (1, 2)
        assert "Error: " in result.stderr
        assert "Traceback" not in result.output
        assert result.stdout == ""


@pytest.mark.parametrize("command", ["show", "password", "token"])
def test_a_name_that_is_not_utf8_is_reported_in_one_sentence(
    runner: FlaskCliRunner, command: str
) -> None:
    result = run(runner, command, "\udcff")  # how Python reads the byte FF of a command line

    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_a_catalog_with_invalid_characters_is_refused(
    runner: FlaskCliRunner, tmp_path: Path
) -> None:
    path = write_catalog(tmp_path, listed(name="\ud800"), {"\udfff": 1, "\x00": 2})
    result = run(runner, "seed", "--catalog", str(path))

    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 2


def test_missing_folder_is_reported_in_one_sentence(make_app: CreateApp, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    runner = make_app(database_url=f"sqlite:///{tmp_path}/file/personas.db").test_cli_runner()
    result = run(runner, "list")

    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_a_file_that_is_not_a_database_is_reported_in_one_sentence(
    make_app: CreateApp, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("Dear database, " * 100)
    runner = make_app(database_url=f"sqlite:///{tmp_path}/letter.txt").test_cli_runner()
    result = run(runner, "list")

    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert (tmp_path / "letter.txt").read_text() == "Dear database, " * 100


def test_a_newer_database_is_refused(make_app: CreateApp, ann: Account) -> None:
    app = make_app()
    execute(app, "UPDATE personas_version SET version_num = '9999'")
    result = run(make_app().test_cli_runner(), "show", ann.email)

    assert result.exit_code == 1
    assert "9999" in result.stderr
    assert result.stdout == ""
