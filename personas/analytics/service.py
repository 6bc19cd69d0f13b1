"""Ratings and calls, summed up: what is stored, and what pruning has left of it.

Each number comes from one statement, which sees the rows and their sums at one moment: a day that
is being pruned is never counted twice, nor in part.
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
from personas.db import db, read
from personas.persona.models import Persona

ZERO: sa.ColumnElement[int] = sa.literal_column("0")
ONE: sa.ColumnElement[int] = sa.literal_column("1")
NOTHING = {
    "latency": sa.null(),
    "actions": ZERO,
    "errors": ZERO,
    "inputs": ZERO,
    "is_pruned": ZERO,
}


@dataclass
class Calls:
    """Calls of tools, as they are added up. What is pruned has left no latencies and no inputs,
    so that nothing can be said of either, not even of those that remain."""

    actions: int = 0
    errors: int = 0
    inputs: int = 0  # different ones, of a single tool: those of several cannot be added up
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
        found = _by_tool(days, archetype, with_inputs=True)
    return [
        Tool(
            name,
            module_of(name),
            calls.actions,
            calls.errors,
            calls.latency(50),
            calls.latency(95),
            None if calls.is_pruned else calls.inputs,
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
    pruned: set[str | None] = set()
    query = sa.union_all(_stored_ratings(days, archetype), _pruned_ratings(days, archetype))
    for module, is_pruned, *counts in db.session.execute(query):
        found[module] += Ratings(tuple(counts))
        if is_pruned:
            pruned.add(module)
    return found, pruned


def _by_tool(days: Period, archetype: str | None, *, with_inputs: bool = False) -> dict[str, Calls]:
    found: defaultdict[str, Calls] = defaultdict(Calls)
    parts = [_stored_calls(days, archetype), _pruned_calls(days, archetype)]
    parts += [_inputs(days, archetype)] if with_inputs else []
    # a row for each latency there is: as many as half of the actions
    for tool, latency, actions, errors, inputs, is_pruned in db.session.execute(
        sa.union_all(*parts)
    ):
        calls = found[tool]
        calls.actions += actions
        calls.errors += errors
        calls.inputs += inputs
        if is_pruned:
            calls.is_pruned = True
        elif latency is not None:
            calls.latencies[latency] = actions
    return found


def _stored_calls(days: Period, archetype: str | None) -> Any:
    """By tool and latency."""
    action = PersonaAction
    failed = sa.func.count().filter(action.result == "error")
    calls = _calls(
        action.tool_name, latency=action.latency_ms, actions=sa.func.count(), errors=failed
    )
    return calls.where(*_stored(action, days, archetype)).group_by(action.latency_ms)


def _pruned_calls(days: Period, archetype: str | None) -> Any:
    day = ActionDay
    actions, errors = sa.func.sum(day.actions), sa.func.sum(day.errors)
    calls = _calls(day.tool_name, actions=actions, errors=errors, is_pruned=ONE)
    return calls.where(*_pruned(day, days, archetype))


def _inputs(days: Period, archetype: str | None) -> Any:
    inputs = sa.func.count(PersonaAction.input_hash.distinct())
    calls = _calls(PersonaAction.tool_name, inputs=inputs)
    return calls.where(*_stored(PersonaAction, days, archetype))


def _calls(tool: Any, **columns: Any) -> Any:
    """A part of the union by tool: these of its columns, and nothing in the others."""
    named = NOTHING | columns
    return sa.select(tool, *(named[name].label(name) for name in NOTHING)).group_by(tool)


def _stored_ratings(days: Period, archetype: str | None) -> Any:
    """How often each rating was given, by module."""
    given = PersonaFeedback
    counts = [
        sa.func.count().filter(given.rating == rating).label(column)
        for rating, column in RATED.items()
    ]
    ratings = sa.select(given.module, sa.false().label("is_pruned"), *counts)
    return ratings.where(*_stored(given, days, archetype)).group_by(given.module)


def _pruned_ratings(days: Period, archetype: str | None) -> Any:
    left = FeedbackDay
    counts = [sa.func.sum(getattr(left, column)).label(column) for column in RATED.values()]
    ratings = sa.select(left.module, sa.true().label("is_pruned"), *counts)
    return ratings.where(*_pruned(left, days, archetype)).group_by(left.module)


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
