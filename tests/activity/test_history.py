"""The service answers and stores what the plain ledger does, for any sequence of batches, on each
database."""

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
def check_stored(app: Flask, admin_view: Read) -> Read:
    """Assert that the service stores and shows what the ledger does."""

    def check(ledger: Ledger, now: datetime) -> None:
        with app.app_context(), read():
            actions = list(db.session.scalars(sa.select(PersonaAction)))
            ratings = list(db.session.scalars(sa.select(PersonaFeedback)))
            counted = list(db.session.scalars(sa.select(ActionCount)))
        week = {row["userId"]: row["actions7d"] for row in admin_view()["personas"]}
        for persona, history in ledger.histories.items():
            own_actions = [row for row in actions if row.persona_id == persona]
            assert sorted(map(stored_values, own_actions), key=repr) == sorted(
                (
                    (key[0], key[1], key[2] is not None, *row.content[:-1], row.at)
                    for key, row in history.actions.items()
                ),
                key=repr,
            )
            assert {
                (row.tick_id, row.module): (row.rating, row.notes, row.occurred_at)
                for row in ratings
                if row.persona_id == persona
            } == {key: (*row.content[:-1], row.at) for key, row in history.feedback.items()}
            check_counts([row for row in counted if row.persona_id == persona], own_actions)
            check_admin_view(admin_view(persona), ledger, persona, now)
            assert week[persona] == ledger.actions_7d(persona, now)

    return check


def stored_values(row: PersonaAction) -> tuple[Any, ...]:
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
    """The stored counts of each hour and day equal the number of actions."""
    for span in ("hour", "day"):
        expected: dict[datetime, int] = {}
        for row in actions:
            start = row.occurred_at.replace(minute=0, second=0, microsecond=0)
            start = start.replace(hour=0) if span == "day" else start
            expected[start] = expected.get(start, 0) + 1
        assert {row.starts_at: row.actions for row in counted if row.span == span} == expected


def check_admin_view(view: Any, ledger: Ledger, persona: str, now: datetime) -> None:
    last = view["persona"]["lastActiveAt"]
    assert (last and datetime.fromisoformat(last)) == ledger.histories[persona].last_active
    assert view["persona"]["actions7d"] == ledger.actions_7d(persona, now)
    recent = [datetime.fromisoformat(row["occurredAt"]) for row in view["recentActions"]]
    order = ledger.order(persona)
    assert recent == [at for at, _ in order]
    assert all(
        row["seq"] in (number, None)
        for row, (_, number) in zip(view["recentActions"], order, strict=True)
    )
    ratings = ledger.ratings(persona)
    assert [row["module"] for row in view["feedbackByModule"]] == sorted(ratings)
    for row in view["feedbackByModule"]:
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
def test_service_and_ledger_always_agree(
    stopped_clock: Clock,
    persona_runner: Runner,
    ann: Account,
    bob: str,
    kim: str,
    check_stored: Read,
    seed: str,
    steps: int,
) -> None:
    ledger = Ledger([bob, kim])
    walk = Walk(seed, stopped_clock, [bob, kim], ann.id)
    statuses = set()
    for step in range(steps):
        persona, name, rows = walk.step()
        expected = getattr(ledger, name)(persona, rows, stopped_clock.at)

        answer = persona_runner.post(persona, name, rows)

        body = answer.get_json()
        outcome = (answer.status_code, body.get("written", 0), body.get("duplicates", 0))
        assert outcome == expected, f"step {step}: {persona} {name} {rows}"
        statuses.add(answer.status_code)
        if step % max(50, steps // 20) == 0:
            check_stored(ledger, stopped_clock.at)
    check_stored(ledger, stopped_clock.at)

    assert statuses == {200, 404, 409, 422}
