"""Ratings and calls, summed up: what is stored, and what pruning has left of it.

A week, and a list of tools, is of one moment: a day that is being pruned is never counted twice,
nor in part.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from personas.activity.models import (
    RATED,
    ActionDay,
    FeedbackDay,
    PersonaAction,
    PersonaFeedback,
)
from personas.activity.module import is_marker, module_of
from personas.analytics.figures import Ratings, percentile
from personas.analytics.period import Period, weeks
from personas.database.engine import db
from personas.database.session import read
from personas.persona.models import Persona


@dataclass
class Calls:
    """Calls of tools, as they are added up. What is pruned has left no latencies, so that
    nothing can be said of them, not even of those that remain."""

    actions: int = 0
    errors: int = 0
    is_pruned: bool = False
    latencies: Counter[int] = field(default_factory=Counter)

    def __iadd__(self, other: "Calls") -> "Calls":
        self.actions += other.actions
        self.errors += other.errors
        self.is_pruned |= other.is_pruned
        self.latencies.update(other.latencies)
        return self

    def latency(self, percent: int) -> int | None:
        return None if self.is_pruned else percentile(self.latencies, percent)


@dataclass(frozen=True)
class ModuleWeek:
    """A module in a week: what was thought of it, and what was done with it."""

    module: str | None
    week: str
    ratings: Ratings
    actions: int
    errors: int
    p50: int | None
    p95: int | None
    is_pruned: bool

    @property
    def error_share(self) -> float | None:
        return self.errors / self.actions if self.actions else None


@dataclass(frozen=True)
class Tool:
    """A tool, and what became of its calls."""

    tool_name: str
    module: str | None
    calls: int
    errors: int
    p50: int | None
    p95: int | None
    distinct_inputs: int | None
    is_pruned: bool


def modules(days: Period, archetype: str | None = None) -> list[ModuleWeek]:
    """The modules of the product by name, then what belongs to none; of each its weeks, the
    oldest first."""
    found: list[ModuleWeek] = []
    for week, its_days in weeks(days):
        with read():  # each for itself: without WAL, whoever writes waits for a reader
            found.extend(_week(week, its_days, archetype))
    return sorted(found, key=lambda row: (row.module is None, row.module or ""))


def tools(days: Period, archetype: str | None = None) -> list[Tool]:
    """The tools by name, without the runner's own markers."""
    with read():
        found, inputs = _by_tool(days, archetype), _distinct_inputs(days, archetype)
    return [
        Tool(
            name,
            module_of(name),
            calls.actions,
            calls.errors,
            calls.latency(50),
            calls.latency(95),
            None if calls.is_pruned else inputs.get(name, 0),
            calls.is_pruned,
        )
        for name, calls in sorted(found.items())
        if not is_marker(module_of(name))
    ]


def _week(week: str, days: Period, archetype: str | None) -> Iterator[ModuleWeek]:
    calls = _calls_by_module(days, archetype)
    ratings, pruned = _ratings_by_module(days, archetype)
    for module in calls.keys() | ratings.keys():
        if not is_marker(module):
            did = calls[module]
            yield ModuleWeek(
                module,
                week,
                ratings[module],
                did.actions,
                did.errors,
                did.latency(50),
                did.latency(95),
                did.is_pruned or module in pruned,
            )


def _calls_by_module(days: Period, archetype: str | None) -> dict[str | None, Calls]:
    found: defaultdict[str | None, Calls] = defaultdict(Calls)
    for tool, calls in _by_tool(days, archetype).items():
        found[module_of(tool)] += calls
    return found


def _ratings_by_module(
    days: Period, archetype: str | None
) -> tuple[dict[str | None, Ratings], set[str | None]]:
    """The ratings by module, and the modules of which some are pruned."""
    found: defaultdict[str | None, Ratings] = defaultdict(Ratings)
    given, left = PersonaFeedback, FeedbackDay
    rated = _tally(given.module, given.rating, where=_stored(given, days, archetype))
    for (module, rating), number in rated.items():
        found[module] += Ratings(tuple(number if each == rating else 0 for each in RATED))
    counts = [sa.func.sum(getattr(left, column)) for column in RATED.values()]
    sums = sa.select(left.module, *counts).where(*_pruned(left, days, archetype))
    pruned: set[str | None] = set()
    for module, *numbers in db.session.execute(sums.group_by(left.module)):
        found[module] += Ratings(tuple(numbers))
        pruned.add(module)
    return found, pruned


def _by_tool(days: Period, archetype: str | None) -> defaultdict[str, Calls]:
    found: defaultdict[str, Calls] = defaultdict(Calls)
    action, day = PersonaAction, ActionDay
    told = (action.tool_name, action.latency_ms, action.result)
    called = _tally(*told, where=_stored(action, days, archetype))
    for (tool, latency, result), number in called.items():
        calls = found[tool]
        calls.actions += number
        calls.errors += number if result == "error" else 0
        if latency is not None:
            calls.latencies[latency] += number
    sums = sa.select(day.tool_name, sa.func.sum(day.actions), sa.func.sum(day.errors))
    sums = sums.where(*_pruned(day, days, archetype)).group_by(day.tool_name)
    for tool, actions, errors in db.session.execute(sums):
        found[tool] += Calls(actions, errors, is_pruned=True)
    return found


def _distinct_inputs(days: Period, archetype: str | None) -> dict[str, int]:
    """By tool; it takes memory in proportion to their number."""
    tool, given = PersonaAction.tool_name, PersonaAction.input_hash
    inputs = sa.select(tool, given).where(*_stored(PersonaAction, days, archetype))
    found = inputs.where(given.is_not(None)).distinct().subquery().c.tool_name
    return dict(iter(db.session.execute(sa.select(found, sa.func.count()).group_by(found))))


def _tally(*columns: Any, where: list[sa.ColumnElement[bool]]) -> dict[tuple[Any, ...], int]:
    """How many rows say each combination of these columns.

    SQLite would sort all rows to group them, in memory where its build keeps temporary tables
    there: it hands them over as they come, and they are counted here.
    """
    query = sa.select(*columns).where(*where)
    if db.engine.dialect.name == "sqlite":
        rows: Any = db.session.connection().execute(query).cursor
        return Counter(rows)
    grouped = query.add_columns(sa.func.count()).group_by(*columns)
    return {tuple(told): number for *told, number in db.session.execute(grouped)}


def _stored(model: Any, days: Period, archetype: str | None) -> list[sa.ColumnElement[bool]]:
    return [_by(model, archetype), model.occurred_at.between(*days.instants)]


def _pruned(model: Any, days: Period, archetype: str | None) -> list[sa.ColumnElement[bool]]:
    return [_by(model, archetype), model.day.between(*days)]


def _by(model: Any, archetype: str | None) -> sa.ColumnElement[bool]:
    """Of the personas of this archetype, or of any. That a row is some persona's always holds;
    said, it lets the database go from persona to persona along the index by time."""
    personas = sa.select(Persona.user_id)
    if archetype is not None:
        personas = personas.where(Persona.archetype == archetype)
    theirs: sa.ColumnElement[bool] = model.persona_id.in_(personas)
    return theirs
