"""`flask personas export`."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.activity.history import act, ago, rate
from tests.cli.terminal import flask, on_terminal
from tests.people import Account
from tests.persona.watch import contents

CreatePersona = Callable[..., Account]


def run(runner: FlaskCliRunner, *args: str) -> Result:
    return runner.invoke(args=["personas", "export", *args])


def ticks(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return [json.loads(line)["tickId"] for line in result.stdout.splitlines()]


@pytest.fixture
def bob(app: Flask, create_persona: CreatePersona) -> str:
    """Bob, with an action and a rating on each of three days; Kim has one action."""
    bob, kim = create_persona(name="Bob").id, create_persona("persona.kim@mana.test", name="Kim").id
    with app.app_context():
        for days in (1, 2, 3):
            act(bob, ago(days, hours=8), tick_id=f"{days} days ago")
            rate(bob, ago(days, hours=8), 4, tick_id=f"{days} days ago", notes="=1+1")
        act(kim, ago(1), tick_id="Kim's")
    return bob


@pytest.mark.usefixtures("bob")
def test_it_writes_json_lines(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)

    assert ticks(run(runner, "actions")) == ["3 days ago", "2 days ago", "1 days ago", "Kim's"]
    assert ticks(run(runner, "feedback")) == ["3 days ago", "2 days ago", "1 days ago"]
    assert contents(app) == before


@pytest.mark.usefixtures("bob")
def test_it_writes_csv(runner: FlaskCliRunner) -> None:
    written = run(runner, "feedback", "--format", "csv").stdout_bytes

    header, *rows = written.decode().split("\r\n")
    assert header == "personaId,email,tickId,module,rating,notes,occurredAt"
    assert len(rows) == 4
    assert rows[0].split(",")[4:6] == ["4", "'=1+1"]


@pytest.mark.usefixtures("bob")
def test_since_and_until_take_days_and_times(runner: FlaskCliRunner) -> None:
    def exported(*bounds: str) -> list[str]:
        return ticks(run(runner, "actions", "--persona", "bob", *bounds))

    day, noon = ago(2).date().isoformat(), ago(2, hours=12).isoformat()
    assert exported("--since", day) == ["2 days ago", "1 days ago"]
    assert exported("--until", day) == ["3 days ago"]
    assert exported("--since", noon) == ["1 days ago"]
    assert exported("--since", day, "--until", noon) == ["2 days ago"]


@pytest.mark.usefixtures("bob")
@pytest.mark.parametrize("who", ["KIM", "Persona.Kim@mana.test"])
def test_it_writes_the_rows_of_one_persona(runner: FlaskCliRunner, who: str) -> None:
    assert ticks(run(runner, "actions", "--persona", who)) == ["Kim's"]


@pytest.mark.usefixtures("bob", "ann")
@pytest.mark.parametrize("who", ["nobody", "nobody@mana.test", "ann@example.org", "a@b@c", ""])
def test_unknown_persona_is_reported_in_one_sentence(runner: FlaskCliRunner, who: str) -> None:
    result = run(runner, "actions", "--persona", who)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["everything"],
        ["actions", "--format", "xml"],
        ["actions", "--since", "yesterday"],
        ["actions", "--since", ""],
        ["actions", "--since", "2026-02-30"],
        ["actions", "--until", "2026-03-01 08:30:00"],
        ["actions", "--until", "2026-03-01T08:30:00"],
        ["actions", "--until", "0001-01-01T00:00:00+14:00"],
        ["actions", "--since", "٢٠٢٦-03-01"],
    ],
)
def test_invalid_arguments_are_refused(runner: FlaskCliRunner, args: list[str]) -> None:
    result = run(runner, *args)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_last_possible_days_are_accepted(runner: FlaskCliRunner, day: str) -> None:
    assert ticks(run(runner, "actions", "--since", day, "--until", day)) == []


@pytest.fixture
def many_actions(app: Flask, bob: str, instance: Path) -> Path:
    """The folder of a database with more actions of Bob than fit in a pipe buffer."""
    with app.app_context():
        for index in range(300):
            act(bob, ago(5), seq=index, result="error", error_message="x" * 2000)
    return instance


@pytest.mark.slow
def test_a_closed_pipe_ends_the_export_quietly(many_actions: Path) -> None:
    export = flask(
        many_actions, "export", "actions", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert export.stdout
    assert export.stderr
    first = export.stdout.readline()
    export.stdout.close()

    assert json.loads(first)["seq"] == 0
    assert export.stderr.read() == b""
    assert export.wait(timeout=60) == 1
    export.stderr.close()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported_in_one_sentence(many_actions: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        export = flask(many_actions, "export", "actions", stdout=full, stderr=subprocess.PIPE)
        _, error = export.communicate(timeout=60)

    assert error == b"Error: Cannot write to stdout: No space left on device.\n"
    assert export.returncode == 1


@pytest.mark.slow
def test_rows_on_a_terminal_are_shown_without_progress(many_actions: Path) -> None:
    code, written = on_terminal(many_actions, "export", "feedback")

    assert code == 0
    assert [json.loads(line)["rating"] for line in written.splitlines()] == [4, 4, 4]


@pytest.mark.slow
def test_progress_is_shown_when_rows_go_to_a_file(many_actions: Path) -> None:
    reader, terminal = pty.openpty()
    with (many_actions / "rows").open("wb") as file:
        export = flask(many_actions, "export", "actions", stdout=file, stderr=terminal)
        os.close(terminal)
        assert export.wait(timeout=60) == 0
    progress = os.read(reader, 1000)
    os.close(reader)

    assert progress == b"\r0 rows\r      \r"
    assert len((many_actions / "rows").read_bytes().splitlines()) == 304
