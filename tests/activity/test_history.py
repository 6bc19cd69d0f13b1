"""Whatever a runner sends, and however often: the service says and keeps what a plain ledger does,
on each database."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.activity.models import ActionCount, PersonaAction, PersonaFeedback
from personas.database.engine import db
from personas.database.session import read
from tests.activity.conftest import Read
from tests.activity.ledger import Ledger
from tests.activity.runner import Runner
from tests.activity.walk import Walk
from tests.people import Account, Clock

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def app(database: Flask) -> Flask:
    """Once on each database."""
    return database


@pytest.fixture
def kept(app: Flask, seen: Read) -> Read:
    """Assert that the service keeps and tells what the ledger does."""

    def check(ledger: Ledger, now: datetime) -> None:
        with app.app_context(), read():
            actions = list(db.session.scalars(sa.select(PersonaAction)))
            ratings = list(db.session.scalars(sa.select(PersonaFeedback)))
            counted = list(db.session.scalars(sa.select(ActionCount)))
        week = {one["userId"]: one["actions7d"] for one in seen()["personas"]}
        for persona, life in ledger.lives.items():
            mine = [row for row in actions if row.persona_id == persona]
            assert sorted(map(as_kept, mine), key=repr) == sorted(
                (
                    (key[0], key[1], key[2] is not None, *row.said[:-1], row.at)
                    for key, row in life.actions.items()
                ),
                key=repr,
            )
            assert {
                (row.tick_id, row.module): (row.rating, row.notes, row.occurred_at)
                for row in ratings
                if row.persona_id == persona
            } == {key: (*row.said[:-1], row.at) for key, row in life.feedback.items()}
            check_counts([row for row in counted if row.persona_id == persona], mine)
            check_told(seen(persona), ledger, persona, now)
            assert week[persona] == ledger.week(persona, now)

    return check


def as_kept(row: PersonaAction) -> tuple[Any, ...]:
    return (
        row.tick_id,
        row.seq,
        bool(row.batch),
        row.tool_name,
        row.input_hash,
        row.result,
        row.error_message,
        row.latency_ms,
        row.occurred_at,
    )


def check_counts(counted: list[ActionCount], actions: list[PersonaAction]) -> None:
    """Each hour and each day has as many actions as there are."""
    for span in ("hour", "day"):
        found: dict[datetime, int] = {}
        for row in actions:
            start = row.occurred_at.replace(minute=0, second=0, microsecond=0)
            start = start.replace(hour=0) if span == "day" else start
            found[start] = found.get(start, 0) + 1
        assert {row.starts_at: row.actions for row in counted if row.span == span} == found


def check_told(told: Any, ledger: Ledger, persona: str, now: datetime) -> None:
    last = told["persona"]["lastActiveAt"]
    assert (last and datetime.fromisoformat(last)) == ledger.lives[persona].last_active
    assert told["persona"]["actions7d"] == ledger.week(persona, now)
    recent = [datetime.fromisoformat(row["occurredAt"]) for row in told["recentActions"]]
    order = ledger.order(persona)
    assert recent == [at for at, _ in order]
    assert all(
        row["seq"] in (number, None)
        for row, (_, number) in zip(told["recentActions"], order, strict=True)
    )
    ratings = ledger.ratings(persona)
    assert [row["module"] for row in told["feedbackByModule"]] == sorted(ratings)
    for row in told["feedbackByModule"]:
        mean, number, at, stars = ratings[row["module"]]
        assert (row["avgRating"], row["ratings"]) == (mean, number)
        assert datetime.fromisoformat(row["lastAt"]) == at
        assert row["lastRating"] in stars


@pytest.mark.parametrize(
    ("seed", "steps"),
    [
        ("quick", 60),
        pytest.param("quick", 300, marks=pytest.mark.slow),
        pytest.param("long", 4000, marks=pytest.mark.slow),
        pytest.param("longer", 4000, marks=pytest.mark.slow),
    ],
)
def test_the_service_and_a_plain_ledger_never_differ(
    stopped_clock: Clock,
    playing: Runner,
    ann: Account,
    bob: str,
    kim: str,
    kept: Read,
    seed: str,
    steps: int,
) -> None:
    ledger = Ledger([bob, kim])
    walk = Walk(seed, stopped_clock, [bob, kim], ann.id)
    statuses = set()
    for step in range(steps):
        persona, name, rows = walk.step()
        expected = getattr(ledger, name)(persona, rows, stopped_clock.at)

        answer = playing.post(persona, name, rows)

        said = answer.get_json()
        found = (answer.status_code, said.get("written", 0), said.get("duplicates", 0))
        assert found == expected, f"step {step}: {persona} {name} {rows}"
        statuses.add(answer.status_code)
        if step % max(50, steps // 20) == 0:
            kept(ledger, stopped_clock.at)
    kept(ledger, stopped_clock.at)

    assert statuses == {200, 404, 409, 422}
