"""Pruning replaces old days by their sums, on SQLite and PostgreSQL."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.activity import prune, report, service
from personas.activity.count import actions7d_by_persona
from personas.activity.models import (
    ActionCount,
    ActionDay,
    FeedbackDay,
    PersonaAction,
    PersonaFeedback,
)
from personas.database.clock import now
from personas.database.engine import db
from personas.database.session import read
from personas.database.types import Base
from tests.activity.history import act, ago, rate
from tests.people import Clock

Pair = tuple[str, str]
BEFORE = ago(90)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIN_ROWS", "FIRST_ROWS", "MAX_ROWS"):
        monkeypatch.setattr(prune, name, 2)


def prune_all() -> dict[str, int]:
    """Prune, and return the number of deleted rows per table."""
    rows: Counter[str] = Counter()
    for deleted in prune.prune(BEFORE):
        rows[deleted.table] += deleted.rows
    return dict(rows)


def rows_of(model: type[Base]) -> list[Any]:
    with read():
        return list(db.session.scalars(sa.select(model)))


def action_days() -> dict[tuple[str, date, str], tuple[int, int]]:
    days = rows_of(ActionDay)
    return {(row.persona_id, row.day, row.tool_name): (row.actions, row.errors) for row in days}


def feedback_days() -> dict[tuple[str, date, str], tuple[Any, ...]]:
    return {
        (row.persona_id, row.day, row.module): (*row.counts, row.last_rating, row.last_at)
        for row in rows_of(FeedbackDay)
    }


def add_history(bob: str, kim: str) -> None:
    """Add old and recent days of two personas."""
    for hours in (0, 1, 5, 23):
        act(bob, ago(92, hours=hours), result="error" if hours == 5 else "ok")
        act(bob, ago(91, hours=hours), tool_name="notes.read")
        act(bob, ago(2, hours=hours))
        rate(bob, ago(92, hours=hours), 1 + hours % 5)
    act(bob, BEFORE - timedelta(microseconds=1))
    act(bob, BEFORE, tick_id="first of what stays")
    act(kim, ago(300), tool_name="__turn", result="error")
    rate(kim, ago(300), 2, module="notes")
    rate(kim, ago(300), 5)


def assert_pruned(bob: str, kim: str) -> None:
    old, day = ago(92).date(), ago(91).date()
    assert action_days() == {
        (bob, old, "todo.create"): (4, 1),
        (bob, day, "notes.read"): (4, 0),
        (bob, day, "todo.create"): (1, 0),
        (kim, ago(300).date(), "__turn"): (1, 1),
    }
    assert feedback_days() == {
        (bob, old, "todo"): (2, 1, 0, 1, 0, 4, ago(92, hours=23)),
        (kim, ago(300).date(), "notes"): (0, 1, 0, 0, 0, 2, ago(300)),
        (kim, ago(300).date(), "todo"): (0, 0, 0, 0, 1, 5, ago(300)),
    }
    assert min(row.occurred_at for row in rows_of(PersonaAction)) == BEFORE
    assert len(rows_of(PersonaAction)) == 5
    assert rows_of(PersonaFeedback) == []
    assert min(row.starts_at for row in rows_of(ActionCount)) == BEFORE


def test_old_days_become_sums(pair: Pair) -> None:
    add_history(*pair)
    due = prune.count_old(BEFORE)

    assert prune_all() == due.rows == {"actions": 10, "feedback": 6, "counts": 12}
    assert due.oldest == ago(300).date()
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_day_may_be_pruned_in_several_batches(pair: Pair) -> None:
    add_history(*pair)

    assert prune_all() == {"actions": 10, "feedback": 6, "counts": 12}
    assert_pruned(*pair)


def test_pruning_again_changes_nothing(pair: Pair) -> None:
    add_history(*pair)
    prune_all()

    assert prune.count_old(BEFORE).rows == {"actions": 0, "feedback": 0, "counts": 0}
    assert prune.count_old(BEFORE).oldest is None
    assert prune_all() == {}
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_interrupted_pruning_is_completed_by_later_batches(pair: Pair) -> None:
    add_history(*pair)
    stops = 0
    while next(prune.prune(BEFORE), None):
        stops += 1

    assert stops > 10
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_error_in_a_batch_rolls_it_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    add_history(*pair)
    before = prune.count_old(BEFORE)

    def fail(*_args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(prune, "_upsert", fail)
        with pytest.raises(ZeroDivisionError):
            next(prune.prune(BEFORE))

    assert prune.count_old(BEFORE) == before
    assert action_days() == {}
    prune_all()
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_two_processes_may_prune_at_once(database: Flask, pair: Pair) -> None:
    add_history(*pair)
    start = Barrier(2)

    def run() -> dict[str, int]:
        with database.app_context():
            start.wait()
            return prune_all()

    with ThreadPoolExecutor(2) as threads:
        rows = [done.result() for done in [threads.submit(run) for _ in range(2)]]

    assert sum(map(Counter, rows), Counter()) == {"actions": 10, "feedback": 6, "counts": 12}
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_ratings_stay_the_same_after_each_batch(pair: Pair) -> None:
    bob, _ = pair
    for hours, rating in enumerate((3, 1, 4, 1, 5)):
        rate(bob, ago(100, hours=hours), rating)
        rate(bob, ago(3, hours=hours), rating, module="notes")
    for tick, rating in (("a", 2), ("b", 3), ("c", 1)):  # of the same time
        rate(bob, ago(95), rating, tick_id=tick, module="goals")
        rate(bob, ago(3), rating, tick_id=tick)
    before = service.ratings(bob)
    for _batch in prune.prune(BEFORE):
        assert service.ratings(bob) == before

    assert len(before) == 3
    assert len(rows_of(PersonaFeedback)) == 8
    assert service.ratings(bob) == before


def test_last_rating_stays_the_latest_by_time(pair: Pair) -> None:
    """Rows inserted by hand may be older than rows that are pruned already."""
    bob, _ = pair
    rate(bob, ago(92, hours=5), 5)
    prune_all()
    rate(bob, ago(92, hours=4), 1)
    prune_all()

    assert feedback_days() == {(bob, ago(92).date(), "todo"): (1, 0, 0, 0, 1, 5, ago(92, hours=5))}


def test_pruning_keeps_the_counts_of_the_week(pair: Pair) -> None:
    add_history(*pair)
    before = actions7d_by_persona(now())
    prune_all()

    assert actions7d_by_persona(now()) == before == {pair[0]: 4, pair[1]: 0}


def test_cutoff_is_the_start_of_a_day(stopped_clock: Clock) -> None:
    for at in ("2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T23:59:59.999999Z"):
        stopped_clock.at = datetime.fromisoformat(at)

        assert prune.cutoff(timedelta(days=31)) == datetime(2026, 1, 29, tzinfo=UTC)


def test_rows_that_may_be_sent_again_are_never_pruned() -> None:
    assert prune.cutoff(prune.MIN_AGE) < now() - report.MAX_AGE


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [
        (200, 0.02, 200),
        (200, 0.04, 100),
        (100, 0.001, 200),
        (200, 0.001, prune.MAX_ROWS),
        (10, 5.0, prune.MIN_ROWS),
        (200, 0.025, 160),
    ],
)
def test_batch_size_follows_the_time_of_the_last_batch(
    size: int, seconds: float, following: int
) -> None:
    assert prune._next_size(size, seconds) == following
