"""Delete what is old, in writes so short that nobody waits for them. A day's sums stay."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from personas import clock
from personas.activity.models import (
    ActionCount,
    ActionDay,
    FeedbackDay,
    PersonaAction,
    PersonaFeedback,
)
from personas.activity.report import BACK
from personas.db import db, insert, read, write
from personas.persona.models import Persona

LEAST = BACK + timedelta(days=1)  # a younger row may be sent again, and must be known then
TARGET = 0.02  # seconds that a write shall hold the lock: a fifth of what it may, for busy machines
FEWEST, FIRST, MOST = 10, 100, 250  # rows in one
PAUSE = 0.01  # seconds, at least
RATED = tuple(f"rated_{rating}" for rating in range(1, 6))

Gone = Sequence[Any]  # rows with the columns that were asked for


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One table that is pruned: in which order, and what its rows leave behind."""

    name: str
    table: Any
    order: tuple[str, ...]  # the time first
    read: tuple[str, ...] = ()  # the columns that `keep` reads
    keep: Callable[[str, Gone], None] | None = None

    @property
    def at(self) -> sa.ColumnElement[datetime]:
        column: sa.ColumnElement[datetime] = self.table.c[self.order[0]]
        return column


@dataclass(frozen=True)
class Due:
    """How many rows of each kind are to go, and the day of the oldest."""

    rows: dict[str, int]
    oldest: date | None


@dataclass(frozen=True)
class Batch:
    """What one write deleted, and for how many seconds it held the lock (at most: where SQLite
    writes its log back into the file, that counts too)."""

    kind: str
    rows: int
    seconds: float


def cutoff(age: timedelta) -> datetime:
    """The beginning of the UTC day that was so long ago: days go as a whole."""
    return (clock.now() - age).replace(hour=0, minute=0, second=0, microsecond=0)


def due(before: datetime) -> Due:
    """What `prune` would delete."""
    rows, oldest = {}, []
    with read():
        for kind in KINDS:
            query = sa.select(sa.func.count(), sa.func.min(kind.at)).where(kind.at < before)
            rows[kind.name], first = db.session.execute(query).one()
            oldest += [first.date()] if first else []
    return Due(rows, min(oldest, default=None))


def prune(before: datetime) -> Iterator[Batch]:
    """Delete the rows before this beginning of a UTC day, and add them to the sums of their day.

    Gives each batch once it is committed, then pauses as long as it took: SQLite does not queue
    its writers, and one that comes back at once would be first again. Whoever stops in between
    has lost nothing; two may prune at once.
    """
    size = FIRST
    for kind in KINDS:
        for persona_id in _with_old_rows(kind, before):
            is_full = True
            while is_full:
                batch = _batch(kind, persona_id, before, size)
                yield batch
                is_full = batch.rows == size
                if is_full:
                    size = _next_size(size, batch.seconds)
                time.sleep(max(batch.seconds, PAUSE))


def _next_size(size: int, seconds: float) -> int:
    """So many rows as would have taken as long as they shall."""
    return max(FEWEST, min(int(size * TARGET / seconds), 2 * size, MOST))


def _with_old_rows(kind: Kind, before: datetime) -> list[str]:
    old = sa.exists().where(kind.table.c.persona_id == Persona.user_id, kind.at < before)
    with read():
        return list(db.session.scalars(sa.select(Persona.user_id).where(old)))


def _batch(kind: Kind, persona_id: str, before: datetime, most: int) -> Batch:
    with write():
        began = time.perf_counter()
        # PostgreSQL: nobody else prunes this persona now, nor would see half of it done
        theirs = sa.select(Persona.user_id).where(Persona.user_id == persona_id)
        db.session.execute(theirs.with_for_update())
        gone = _delete(kind, persona_id, before, most)
        if kind.keep and gone:
            kind.keep(persona_id, gone)
    return Batch(kind.name, len(gone), time.perf_counter() - began)


def _delete(kind: Kind, persona_id: str, before: datetime, most: int) -> Gone:
    """Delete the oldest rows of a persona."""
    table = kind.table
    key = table.primary_key.columns
    oldest = (
        sa.select(*key)
        .where(table.c.persona_id == persona_id, kind.at < before)
        .order_by(*(table.c[name] for name in kind.order))
        .limit(most)
    )
    said = [table.c[name] for name in kind.read] or [kind.at]
    statement = sa.delete(table).where(sa.tuple_(*key).in_(oldest)).returning(*said)
    return db.session.connection().execute(statement).all()


def _keep_actions(persona_id: str, gone: Gone) -> None:
    actions = Counter((row.occurred_at.date(), row.tool_name) for row in gone)
    errors = Counter(
        (row.occurred_at.date(), row.tool_name) for row in gone if row.result == "error"
    )
    rows = [
        {
            "persona_id": persona_id,
            "day": day,
            "tool_name": tool,
            "actions": number,
            "errors": errors[day, tool],
        }
        for (day, tool), number in actions.items()
    ]
    statement = insert(ActionDay)
    _add(statement, rows, _sums(statement, ActionDay, "actions", "errors"))


def _keep_feedback(persona_id: str, gone: Gone) -> None:
    """Of one instant the last tick's rating is the last, as the detail of a persona has it."""
    days: dict[tuple[date, str], dict[str, Any]] = {}
    for row in sorted(gone, key=lambda row: (row.occurred_at, row.tick_id)):
        day = row.occurred_at.date()
        new = {"persona_id": persona_id, "day": day, "module": row.module} | dict.fromkeys(RATED, 0)
        kept = days.setdefault((day, row.module), new)
        kept[f"rated_{row.rating}"] += 1
        kept |= {"last_rating": row.rating, "last_at": row.occurred_at}
    statement = insert(FeedbackDay)
    later = statement.excluded.last_at >= FeedbackDay.last_at
    last = {
        name: sa.case((later, statement.excluded[name]), else_=getattr(FeedbackDay, name))
        for name in ("last_rating", "last_at")
    }
    _add(statement, list(days.values()), _sums(statement, FeedbackDay, *RATED) | last)


def _sums(statement: Any, model: type[ActionDay | FeedbackDay], *names: str) -> dict[str, Any]:
    return {name: getattr(model, name) + statement.excluded[name] for name in names}


def _add(statement: Any, rows: list[dict[str, Any]], changes: dict[str, Any]) -> None:
    """Insert the sums of days, or change those that are there."""
    key = statement.table.primary_key.columns
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    db.session.connection().execute(upsert, rows)


KINDS = (
    Kind(
        name="actions",
        table=PersonaAction.__table__,
        order=("occurred_at",),
        read=("occurred_at", "tool_name", "result"),
        keep=_keep_actions,
    ),
    Kind(
        name="feedback",
        table=PersonaFeedback.__table__,
        order=("occurred_at", "tick_id"),
        read=("occurred_at", "tick_id", "module", "rating"),
        keep=_keep_feedback,
    ),
    Kind(name="counts", table=ActionCount.__table__, order=("starts_at",)),
)
