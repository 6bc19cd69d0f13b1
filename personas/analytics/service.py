"""Ratings and calls, summed up: what is stored, and what pruning has left of it.

Each number comes from one statement, which sees the rows and their sums at one moment: a day that
is being pruned is never counted twice, nor in part.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from personas.activity.models import ActionDay, FeedbackDay, PersonaAction, PersonaFeedback
from personas.activity.module import is_marker, module_of
from personas.analytics.figures import Ratings, percentile
from personas.analytics.period import Period, weeks
from personas.db import db, read
from personas.persona.models import Persona

RATINGS = range(1, 6)


@dataclass
class Calls:
    """Calls of tools, as they are added up. What is pruned has left no latencies and no inputs,
    so that nothing can be said of either, not even of those that remain."""

    actions: int = 0
    errors: int = 0
    inputs: int = 0
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
    pruned: bool

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
    pruned: bool


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
    calls: defaultdict[str | None, Calls] = defaultdict(Calls)
    for tool, its_calls in _by_tool(days, archetype).items():
        calls[module_of(tool)] += its_calls
    ratings: defaultdict[str | None, Ratings] = defaultdict(Ratings)
    pruned = {module for module in calls if calls[module].is_pruned}
    for module, is_pruned, *counts in db.session.execute(sa.union_all(*_ratings(days, archetype))):
        ratings[module] += Ratings(tuple(counts))
        pruned |= {module} if is_pruned else set()
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
                module in pruned,
            )


def _by_tool(days: Period, archetype: str | None, *, with_inputs: bool = False) -> dict[str, Calls]:
    found: defaultdict[str, Calls] = defaultdict(Calls)
    query = sa.union_all(*_calls(days, archetype, with_inputs=with_inputs))
    # a row for each latency there is: as many as half of the actions
    for tool, latency, actions, errors, inputs, is_pruned in db.session.execute(query):
        calls = found[tool]
        calls.actions += actions
        calls.errors += errors
        calls.inputs += inputs
        if is_pruned:
            calls.is_pruned = True
        elif latency is not None:
            calls.latencies[latency] = actions
    return found


def _calls(days: Period, archetype: str | None, *, with_inputs: bool) -> list[Any]:
    """Selects of calls by tool and latency, of their sums by tool, and of their inputs by tool."""
    action, when = PersonaAction, _when(PersonaAction, days, archetype)
    tool = action.tool_name
    none: sa.ColumnElement[int] = sa.literal_column("0")
    failed = sa.func.count().filter(action.result == "error")
    stored = sa.select(
        tool,
        action.latency_ms,
        sa.func.count().label("actions"),
        failed.label("errors"),
        none.label("inputs"),
        none.label("is_pruned"),
    )
    sums: Any = sa.select(
        ActionDay.tool_name,
        sa.null(),
        sa.func.sum(ActionDay.actions),
        sa.func.sum(ActionDay.errors),
        none,
        sa.literal_column("1"),
    )
    found = [
        stored.where(*when).group_by(tool, action.latency_ms),
        sums.where(*_when(ActionDay, days, archetype)).group_by(ActionDay.tool_name),
    ]
    if with_inputs:
        inputs = sa.func.count(action.input_hash.distinct())
        counted = sa.select(tool, sa.null(), none, none, inputs, none)
        found.append(counted.where(*when).group_by(tool))
    return found


def _ratings(days: Period, archetype: str | None) -> list[Any]:
    """Selects of how often each rating was given by module, and of the sums of that."""
    given, left = PersonaFeedback, FeedbackDay
    counts = [sa.func.count().filter(given.rating == rating) for rating in RATINGS]
    sums = [sa.func.sum(getattr(left, f"rated_{rating}")) for rating in RATINGS]
    stored = sa.select(given.module, sa.false().label("is_pruned"), *counts)
    pruned = sa.select(left.module, sa.true(), *sums)
    return [
        stored.where(*_when(given, days, archetype)).group_by(given.module),
        pruned.where(*_when(left, days, archetype)).group_by(left.module),
    ]


def _when(model: Any, days: Period, archetype: str | None) -> list[sa.ColumnElement[bool]]:
    """The rows of these days. That they are some persona's always holds; said, it lets the
    database go from persona to persona along the index by time."""
    personas = sa.select(Persona.user_id)
    if archetype is not None:
        personas = personas.where(Persona.archetype == archetype)
    is_day = hasattr(model, "day")
    span = model.day.between(*days) if is_day else model.occurred_at.between(*days.instants)
    return [model.persona_id.in_(personas), span]
