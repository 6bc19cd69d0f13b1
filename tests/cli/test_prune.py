"""`flask personas prune`."""

import json
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner

from personas.activity import prune
from personas.activity.models import ActionDay, PersonaAction
from personas.database.engine import db
from personas.database.session import read, write
from personas.http.instants import rfc3339
from tests.activity.history import act, ago, rate
from tests.cli.terminal import flask, on_terminal, screen
from tests.people import Account
from tests.persona.watch import contents

CreatePersona = Callable[..., Account]


def run(runner: FlaskCliRunner, *args: str) -> Result:
    return runner.invoke(args=["personas", "prune", *args])


@pytest.fixture
def bob(app: Flask, create_persona: CreatePersona) -> str:
    """Bob, with two actions and a rating older than 90 days, and one recent action."""
    bob = create_persona().id
    with app.app_context():
        for days in (100, 95, 3):
            act(bob, ago(days))
        rate(bob, ago(100), 4)
    return bob


@pytest.mark.usefixtures("bob")
def test_it_prints_what_it_pruned(app: Flask, runner: FlaskCliRunner) -> None:
    result = run(runner, "--older-than", "90d")
    left = contents(app)

    before = ago(90).date()
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    expected = f"2 actions, 1 feedback, 4 counts of 10 days before {before} pruned (longest write "
    assert result.stdout.startswith(expected)
    assert result.stdout.endswith(" ms)\n")
    assert [len(left[table]) for table in ("persona_actions", "persona_feedback")] == [1, 0]
    assert [len(left[table]) for table in ("action_days", "feedback_days")] == [2, 1]


@pytest.mark.usefixtures("bob")
def test_a_dry_run_writes_nothing(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    result = run(runner, "--older-than", "90d", "--dry-run")

    assert result.exit_code == 0
    assert result.stdout == (
        f"2 actions, 1 feedback, 4 counts of 10 days before {ago(90).date()} would be pruned\n"
    )
    assert contents(app) == before


@pytest.mark.usefixtures("bob")
def test_json_prints_the_same_counts(runner: FlaskCliRunner) -> None:
    dry = json.loads(run(runner, "--older-than", "90d", "--dry-run", "--json").stdout)
    real = json.loads(run(runner, "--older-than", "90d", "--json").stdout)

    counts = {"before": rfc3339(ago(90)), "days": 10, "actions": 2, "feedback": 1, "counts": 4}
    assert dry == {"dryRun": True, **counts, "longestWriteMs": None}
    assert real.pop("longestWriteMs") > 0
    assert real == {"dryRun": False, **counts}


def test_without_old_rows_nothing_is_pruned(runner: FlaskCliRunner) -> None:
    result = run(runner, "--older-than", "31d")

    assert result.exit_code == 0
    assert result.stdout.startswith("0 actions, 0 feedback, 0 counts of 0 days")


@pytest.mark.usefixtures("bob")
@pytest.mark.parametrize(
    ("age", "hint"),
    [
        ("30d", "at least 31d"),
        ("0d", "at least 31d"),
        ("90", "90d"),
        ("-90d", "90d"),
        ("90D", "90d"),
        ("12w", "90d"),
        ("９０d", "90d"),
        ("90.5d", "90d"),
        ("90d\n", "90d"),
        ("999999d", "90d"),
        ("", "90d"),
    ],
)
def test_an_invalid_age_is_refused(app: Flask, runner: FlaskCliRunner, age: str, hint: str) -> None:
    before = contents(app)
    result = run(runner, "--older-than", age)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert hint in result.stderr
    assert contents(app) == before


def test_the_age_is_required(runner: FlaskCliRunner) -> None:
    assert run(runner).exit_code == 2
    assert run(runner, "--older-than", "99999d").exit_code == 0


@pytest.fixture
def old_actions(app: Flask, bob: str) -> int:
    """Insert more old actions than a process prunes before it is killed; return their number."""
    rows = [
        {
            "persona_id": bob,
            "tick_id": str(index),
            "seq": 0,
            "tool_name": f"todo.{index % 3}",
            "result": "ok",
            "occurred_at": ago(200) + timedelta(minutes=index),
        }
        for index in range(20_000)
    ]
    with app.app_context(), write():
        db.session.execute(sa.insert(PersonaAction), rows)
    return 20_002


@pytest.mark.slow
def test_a_killed_prune_neither_loses_nor_doubles_counts(
    app: Flask, instance: Path, old_actions: int
) -> None:
    def pruned_and_left() -> tuple[int, int]:
        old = PersonaAction.occurred_at < ago(90)
        with app.app_context(), read():
            pruned = db.session.scalar(sa.select(sa.func.sum(ActionDay.actions))) or 0
            left = db.session.scalar(sa.select(sa.func.count()).where(old)) or 0
            return pruned, left

    for _ in range(3):
        process = flask(instance, "prune", "--older-than", "90d", stdout=subprocess.PIPE)
        start, _ = pruned_and_left()
        while pruned_and_left()[0] < start + 1000:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        pruned, left = pruned_and_left()

        assert pruned + left == old_actions
        assert left > 0

    with app.app_context():
        for _batch in prune.prune(ago(90)):
            pass
    assert pruned_and_left() == (old_actions, 0)


@pytest.mark.slow
@pytest.mark.usefixtures("old_actions")
def test_a_terminal_shows_progress_and_keeps_the_line(instance: Path) -> None:
    code, written = on_terminal(instance, "prune", "--older-than", "90d")

    assert code == 0
    assert "/20007" in written
    [line, _] = screen(written)
    assert line.startswith("20002 actions, 1 feedback, 4 counts of 110 days before ")
