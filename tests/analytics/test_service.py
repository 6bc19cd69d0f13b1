"""Analytics on each database, compared with a plain calculation over the same turns."""

import statistics
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.activity.models import ActionDay, PersonaAction
from personas.activity.module import module_of
from personas.analytics import service
from personas.analytics.period import Period, iso_week
from personas.audit.service import CLI
from personas.database.engine import db
from personas.database.session import read, write
from personas.persona import service as personas
from personas.persona.put import put
from personas.user.models import User
from tests.analytics.turns import DAYS, FIRST, PRUNED, Call, Rating, Turns, is_within, turns
from tests.people import PASSWORD, persona

LAST = FIRST + timedelta(days=DAYS - 1)
ALL = Period(FIRST, LAST)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SPANS = [
    ALL,
    Period(date.min, date.max),
    Period(FIRST + timedelta(days=3), LAST - timedelta(days=2)),
    Period(PRUNED, PRUNED),
    Period(PRUNED + timedelta(days=1), LAST),
    Period(date(2026, 12, 31), date(2027, 1, 1)),
    Period(LAST + timedelta(days=1), LAST + timedelta(days=99)),
]


@pytest.fixture(autouse=True)
def context(database: Flask) -> Iterator[None]:
    with database.app_context():
        yield


@pytest.fixture
def bob() -> str:
    return create("bob", archetype="solo-dev")


@pytest.fixture
def kim() -> str:
    return create("kim", archetype="freelancer")


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.slow)])
def played(request: pytest.FixtureRequest, bob: str, kim: str) -> Turns:
    generated = turns(request.param, [bob, kim])
    store(*generated.rows)
    return generated


def create(name: str, **changes: Any) -> str:
    email = f"persona.{name}@mana.test"
    put(email, PASSWORD, persona(**changes), actor=CLI)
    with read():
        return str(db.session.scalar(sa.select(User.id).where(User.email == email)))


def store(*rows: Any) -> None:
    with write():
        db.session.bulk_save_objects(rows)


def action(persona_id: str, at: datetime, number: int = 0, **changes: Any) -> PersonaAction:
    defaults = {"tool_name": "todo.create", "result": "ok", "latency_ms": 7, "input_hash": "a"}
    return PersonaAction(
        persona_id=persona_id, tick_id="tick", seq=number, occurred_at=at, **defaults | changes
    )


def nearest_rank(values: Iterable[int | None], percent: int) -> int | None:
    known = sorted(value for value in values if value is not None)
    return known[ceil(percent * len(known) / 100) - 1] if known else None


def module_figures(calls: list[Call], ratings: list[Rating]) -> tuple[Any, ...]:
    stars = [rating_row.rating for rating_row in ratings]
    is_pruned = any(call.is_pruned for call in calls)
    times = [] if is_pruned else [call.latency for call in calls]
    return (
        len(stars),
        statistics.fmean(stars) if stars else None,
        statistics.median(stars) if stars else None,
        statistics.pstdev(stars) if stars else None,
        {str(rating): stars.count(rating) for rating in range(1, 6)},
        len(calls),
        sum(call.is_error for call in calls) / len(calls) if calls else None,
        nearest_rank(times, 50),
        nearest_rank(times, 95),
        is_pruned or any(rating_row.is_pruned for rating_row in ratings),
    )


def expected_modules(calls: list[Call], ratings: list[Rating]) -> dict[Any, tuple[Any, ...]]:
    keys = {(module_of(call.tool), iso_week(call.day)) for call in calls}
    keys |= {(rating.module, iso_week(rating.day)) for rating in ratings}
    return {
        (module, week): module_figures(
            [c for c in calls if (module_of(c.tool), iso_week(c.day)) == (module, week)],
            [r for r in ratings if (r.module, iso_week(r.day)) == (module, week)],
        )
        for module, week in sorted(keys, key=lambda key: (key[0] is None, key[0] or "", key[1]))
        if not (module or "").startswith("__")
    }


def expected_tools(calls: list[Call]) -> list[tuple[Any, ...]]:
    figures = []
    for tool in sorted({call.tool for call in calls if not call.tool.startswith("__")}):
        own = [call for call in calls if call.tool == tool]
        is_pruned = any(call.is_pruned for call in own)
        times = [] if is_pruned else [call.latency for call in own]
        inputs = len({call.input_hash for call in own} - {None})
        errors = sum(call.is_error for call in own)
        p50, p95 = nearest_rank(times, 50), nearest_rank(times, 95)
        distinct = None if is_pruned else inputs
        figures.append((tool, module_of(tool), len(own), errors, p50, p95, distinct, is_pruned))
    return figures


@pytest.mark.parametrize("who", [None, "bob", "kim", "nobody"])
def test_figures_equal_a_plain_calculation(
    played: Turns, bob: str, kim: str, who: str | None
) -> None:
    archetype = {None: None, "bob": "solo-dev", "kim": "freelancer"}.get(who, "ceo-busy")
    persona_id = {None: None, "bob": bob, "kim": kim}.get(who, "nobody")

    for span in SPANS:
        within = is_within(*span, persona_id)
        calls, ratings = list(filter(within, played.calls)), list(filter(within, played.ratings))
        weeks = span if span != (date.min, date.max) else ALL  # not half a million weeks
        rows = {(row.module, row.week): row for row in service.modules(weeks, archetype)}

        expected = expected_modules(calls, ratings)
        assert list(rows) == list(expected)
        for key, row in rows.items():
            rated = row.ratings
            rating_figures = (rated.number, rated.mean, rated.median, rated.spread)
            assert rating_figures == pytest.approx(expected[key][:4])
            call_figures = (
                rated.distribution,
                row.actions,
                row.error_share,
                row.p50,
                row.p95,
                row.is_pruned,
            )
            assert call_figures == expected[key][4:]
        tools = service.tools(span, archetype)
        assert [tuple(vars(tool).values()) for tool in tools] == expected_tools(calls)


@pytest.mark.usefixtures("played")
def test_only_pruned_weeks_are_marked_and_lack_percentiles() -> None:
    rows = service.modules(ALL)

    for row in rows:
        if row.week == "2026-W51":  # pruned completely
            assert row.is_pruned
            assert (row.p50, row.p95) == (None, None)
        if row.week > "2026-W52":
            assert not row.is_pruned
    assert {row.week for row in rows} == {
        "2026-W51",
        "2026-W52",
        "2026-W53",
        "2027-W01",
        "2027-W02",
    }


def test_pruned_ratings_do_not_hide_latencies_of_stored_calls(bob: str) -> None:
    generated = turns(1, [bob])
    store(*(row for row in generated.rows if not isinstance(row, ActionDay)))

    rows = [row for row in service.modules(ALL) if row.is_pruned and row.actions]

    assert rows
    assert all(row.p95 is not None for row in rows)


def test_a_day_ends_with_its_last_microsecond(bob: str) -> None:
    day, tick = timedelta(days=1), timedelta(microseconds=1)
    for number, at in enumerate((MONDAY - tick, MONDAY, MONDAY + day - tick, MONDAY + day)):
        store(action(bob, at, number))

    [tool] = service.tools(Period(MONDAY.date(), MONDAY.date()))
    [module] = service.modules(Period(MONDAY.date(), MONDAY.date()))
    weeks = service.modules(Period(date(2026, 2, 1), date(2026, 4, 1)))

    assert (tool.calls, module.actions) == (2, 2)
    assert [(row.week, row.actions) for row in weeks] == [("2026-W09", 1), ("2026-W10", 3)]


def test_calls_without_a_latency_or_an_input_count_as_calls(bob: str) -> None:
    store(action(bob, MONDAY, latency_ms=None, input_hash=None))
    store(action(bob, MONDAY, 1, latency_ms=None, input_hash=None, result="error"))

    [tool] = service.tools(Period(MONDAY.date(), MONDAY.date()))

    assert (tool.calls, tool.errors, tool.p50, tool.p95) == (2, 1, None, None)
    assert (tool.distinct_inputs, tool.is_pruned) == (0, False)


def test_a_deleted_persona_is_not_counted(played: Turns, bob: str, kim: str) -> None:
    personas.delete(kim, actor=CLI)

    tools = service.tools(ALL)

    own_calls = [call for call in played.calls if call.persona == bob]
    assert [tuple(vars(tool).values()) for tool in tools] == expected_tools(own_calls)
    assert service.modules(ALL) == service.modules(ALL, "solo-dev")


@pytest.mark.usefixtures("played")
def test_persona_is_counted_under_its_current_archetype(bob: str) -> None:
    before = service.tools(ALL, "solo-dev")

    personas.update(bob, {"archetype": "researcher"}, actor=CLI)

    assert service.tools(ALL, "solo-dev") == []
    assert service.tools(ALL, "researcher") == before != []
