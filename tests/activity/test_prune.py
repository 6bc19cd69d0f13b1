"""Old days go, their sums stay: on SQLite and PostgreSQL."""

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


def pruned() -> dict[str, int]:
    """Prune; how many rows of each table went."""
    rows: Counter[str] = Counter()
    for deleted in prune.prune(BEFORE):
        rows[deleted.table] += deleted.rows
    return dict(rows)


def all_of(model: type[Base]) -> list[Any]:
    with read():
        return list(db.session.scalars(sa.select(model)))


def action_days() -> dict[tuple[str, date, str], tuple[int, int]]:
    days = all_of(ActionDay)
    return {(row.persona_id, row.day, row.tool_name): (row.actions, row.errors) for row in days}


def feedback_days() -> dict[tuple[str, date, str], tuple[Any, ...]]:
    return {
        (row.persona_id, row.day, row.module): (*row.counts, row.last_rating, row.last_at)
        for row in all_of(FeedbackDay)
    }


def live(bob: str, kim: str) -> None:
    """Some days of two lives, old and young."""
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
    assert min(row.occurred_at for row in all_of(PersonaAction)) == BEFORE
    assert len(all_of(PersonaAction)) == 5
    assert all_of(PersonaFeedback) == []
    assert min(row.starts_at for row in all_of(ActionCount)) == BEFORE


def test_old_days_become_sums(pair: Pair) -> None:
    live(*pair)
    due = prune.count_old(BEFORE)

    assert pruned() == due.rows == {"actions": 10, "feedback": 6, "counts": 12}
    assert due.oldest == ago(300).date()
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_a_day_may_go_in_several_batches(pair: Pair) -> None:
    live(*pair)

    assert pruned() == {"actions": 10, "feedback": 6, "counts": 12}
    assert_pruned(*pair)


def test_a_second_time_nothing_happens(pair: Pair) -> None:
    live(*pair)
    pruned()

    assert prune.count_old(BEFORE).rows == {"actions": 0, "feedback": 0, "counts": 0}
    assert prune.count_old(BEFORE).oldest is None
    assert pruned() == {}
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_whoever_stops_in_between_goes_on_later(pair: Pair) -> None:
    live(*pair)
    stops = 0
    while next(prune.prune(BEFORE), None):
        stops += 1

    assert stops > 10
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_what_fails_within_a_batch_undoes_it(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    live(*pair)
    before = prune.count_old(BEFORE)

    def fail(*_args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(prune, "_upsert", fail)
        with pytest.raises(ZeroDivisionError):
            next(prune.prune(BEFORE))

    assert prune.count_old(BEFORE) == before
    assert action_days() == {}
    pruned()
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_two_may_prune_at_once(database: Flask, pair: Pair) -> None:
    live(*pair)
    start = Barrier(2)

    def run() -> dict[str, int]:
        with database.app_context():
            start.wait()
            return pruned()

    with ThreadPoolExecutor(2) as threads:
        rows = [done.result() for done in [threads.submit(run) for _ in range(2)]]

    assert sum(map(Counter, rows), Counter()) == {"actions": 10, "feedback": 6, "counts": 12}
    assert_pruned(*pair)


@pytest.mark.usefixtures("small_batches")
def test_what_a_persona_thinks_is_the_same_at_any_moment(pair: Pair) -> None:
    bob, _ = pair
    for hours, rating in enumerate((3, 1, 4, 1, 5)):
        rate(bob, ago(100, hours=hours), rating)
        rate(bob, ago(3, hours=hours), rating, module="notes")
    for tick, rating in (("a", 2), ("b", 3), ("c", 1)):  # of one instant
        rate(bob, ago(95), rating, tick_id=tick, module="goals")
        rate(bob, ago(3), rating, tick_id=tick)
    before = service.ratings(bob)
    for _batch in prune.prune(BEFORE):
        assert service.ratings(bob) == before

    assert len(before) == 3
    assert len(all_of(PersonaFeedback)) == 8
    assert service.ratings(bob) == before


def test_a_later_rating_stays_the_last(pair: Pair) -> None:
    """Rows may arrive after later ones have been pruned, if somebody puts them in by hand."""
    bob, _ = pair
    rate(bob, ago(92, hours=5), 5)
    pruned()
    rate(bob, ago(92, hours=4), 1)
    pruned()

    assert feedback_days() == {(bob, ago(92).date(), "todo"): (1, 0, 0, 0, 1, 5, ago(92, hours=5))}


def test_the_actions_of_the_week_stay_counted(pair: Pair) -> None:
    live(*pair)
    before = actions7d_by_persona(now())
    pruned()

    assert actions7d_by_persona(now()) == before == {pair[0]: 4, pair[1]: 0}


def test_days_go_as_a_whole(stopped_clock: Clock) -> None:
    for at in ("2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T23:59:59.999999Z"):
        stopped_clock.at = datetime.fromisoformat(at)

        assert prune.cutoff(timedelta(days=31)) == datetime(2026, 1, 29, tzinfo=UTC)


def test_what_may_be_sent_again_is_not_old() -> None:
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
def test_a_batch_is_as_large_as_time_allows(size: int, seconds: float, following: int) -> None:
    assert prune._next_size(size, seconds) == following
