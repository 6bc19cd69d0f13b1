"""Add up ratings and calls: the stored rows, and the daily sums of pruned rows.

Each week, and each list of tools, is read from one snapshot: a day that is being pruned is never
counted twice or in part.
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
    """Sums of tool calls. Pruned calls have no latencies, so with any of them there is no
    percentile, not even of the stored calls."""

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
    """The ratings and calls of a module in one week."""

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
    """The calls of a tool in the whole period."""

    tool_name: str
    module: str | None
    calls: int
    errors: int
    p50: int | None
    p95: int | None
    distinct_inputs: int | None
    is_pruned: bool


def modules(days: Period, archetype: str | None = None) -> list[ModuleWeek]:
    """Return the weeks of each module, oldest first. Modules are sorted by name; calls without a
    module come last."""
    rows: list[ModuleWeek] = []
    for week, days_of_week in weeks(days):
        with read():  # one short transaction per week: without WAL, a reader blocks writers
            rows.extend(_week(week, days_of_week, archetype))
    return sorted(rows, key=lambda row: (row.module is None, row.module or ""))


def tools(days: Period, archetype: str | None = None) -> list[Tool]:
    """Return the tools by name, without the runner's own markers."""
    with read():
        calls_by_tool = _calls_by_tool(days, archetype)
        inputs = _distinct_inputs(days, archetype)
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
        for name, calls in sorted(calls_by_tool.items())
        if not is_marker(module_of(name))
    ]


def _week(week: str, days: Period, archetype: str | None) -> Iterator[ModuleWeek]:
    calls_by_module = _calls_by_module(days, archetype)
    ratings, pruned = _ratings_by_module(days, archetype)
    for module in calls_by_module.keys() | ratings.keys():
        if not is_marker(module):
            calls = calls_by_module[module]
            yield ModuleWeek(
                module,
                week,
                ratings[module],
                calls.actions,
                calls.errors,
                calls.latency(50),
                calls.latency(95),
                calls.is_pruned or module in pruned,
            )


def _calls_by_module(days: Period, archetype: str | None) -> dict[str | None, Calls]:
    by_module: defaultdict[str | None, Calls] = defaultdict(Calls)
    for tool, calls in _calls_by_tool(days, archetype).items():
        by_module[module_of(tool)] += calls
    return by_module


def _ratings_by_module(
    days: Period, archetype: str | None
) -> tuple[dict[str | None, Ratings], set[str | None]]:
    """Return the ratings by module, and the modules of which some are pruned."""
    by_module: defaultdict[str | None, Ratings] = defaultdict(Ratings)
    feedback, day = PersonaFeedback, FeedbackDay
    tally = _tally(feedback.module, feedback.rating, where=_stored(feedback, days, archetype))
    for (module, rating), number in tally.items():
        counts = tuple(number if value == rating else 0 for value in RATED)
        by_module[module] += Ratings(counts)
    totals = [sa.func.sum(getattr(day, column)) for column in RATED.values()]
    sums = sa.select(day.module, *totals).where(*_pruned(day, days, archetype))
    pruned: set[str | None] = set()
    for module, *numbers in db.session.execute(sums.group_by(day.module)):
        by_module[module] += Ratings(tuple(numbers))
        pruned.add(module)
    return by_module, pruned


def _calls_by_tool(days: Period, archetype: str | None) -> defaultdict[str, Calls]:
    by_tool: defaultdict[str, Calls] = defaultdict(Calls)
    action, day = PersonaAction, ActionDay
    columns = (action.tool_name, action.latency_ms, action.result)
    tally = _tally(*columns, where=_stored(action, days, archetype))
    for (tool, latency, result), number in tally.items():
        calls = by_tool[tool]
        calls.actions += number
        calls.errors += number if result == "error" else 0
        if latency is not None:
            calls.latencies[latency] += number
    sums = sa.select(day.tool_name, sa.func.sum(day.actions), sa.func.sum(day.errors))
    sums = sums.where(*_pruned(day, days, archetype)).group_by(day.tool_name)
    for tool, actions, errors in db.session.execute(sums):
        by_tool[tool] += Calls(actions, errors, is_pruned=True)
    return by_tool


def _distinct_inputs(days: Period, archetype: str | None) -> dict[str, int]:
    """Count the different inputs of each tool; this takes memory in proportion to their number."""
    tool, input_hash = PersonaAction.tool_name, PersonaAction.input_hash
    inputs = sa.select(tool, input_hash).where(*_stored(PersonaAction, days, archetype))
    distinct = inputs.where(input_hash.is_not(None)).distinct().subquery()
    name = distinct.c.tool_name
    return dict(iter(db.session.execute(sa.select(name, sa.func.count()).group_by(name))))


def _tally(*columns: Any, where: list[sa.ColumnElement[bool]]) -> dict[tuple[Any, ...], int]:
    """Count the rows of each combination of these columns.

    SQLite would sort all rows to group them, and some builds do so in memory. So on SQLite they
    are counted here, as they arrive.
    """
    query = sa.select(*columns).where(*where)
    if db.engine.dialect.name == "sqlite":
        rows: Any = db.session.connection().execute(query).cursor
        return Counter(rows)
    grouped = query.add_columns(sa.func.count()).group_by(*columns)
    return {tuple(values): number for *values, number in db.session.execute(grouped)}


def _stored(model: Any, days: Period, archetype: str | None) -> list[sa.ColumnElement[bool]]:
    return [_is_archetype(model, archetype), model.occurred_at.between(*days.instants)]


def _pruned(model: Any, days: Period, archetype: str | None) -> list[sa.ColumnElement[bool]]:
    return [_is_archetype(model, archetype), model.day.between(*days)]


def _is_archetype(model: Any, archetype: str | None) -> sa.ColumnElement[bool]:
    """Rows of the personas of this archetype, or of all personas. The condition is always true for
    all of them, but lets the database use the index by persona and time."""
    personas = sa.select(Persona.user_id)
    if archetype is not None:
        personas = personas.where(Persona.archetype == archetype)
    is_persona: sa.ColumnElement[bool] = model.persona_id.in_(personas)
    return is_persona
