"""Delete old rows, in writes too short to delay other writers, and keep their daily sums."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from personas.activity.models import (
    RATED,
    ActionCount,
    ActionDay,
    FeedbackDay,
    PersonaAction,
    PersonaFeedback,
)
from personas.activity.report import MAX_AGE
from personas.database import clock
from personas.database.engine import db
from personas.database.session import insert, read, write
from personas.persona.models import Persona
from personas.persona.service import lock_row

MIN_AGE = MAX_AGE + timedelta(days=1)  # younger rows may be sent again, as duplicates
TARGET = 0.02  # seconds per write; the benchmark's limit is 0.1, and a busy machine is slower
MIN_ROWS, FIRST_ROWS, MAX_ROWS = 10, 100, 250  # per write
MIN_PAUSE = 0.01  # seconds

DeletedRows = Sequence[Any]  # rows with the columns in `Table.read`


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table that is pruned: in which order, and how its deleted rows are added to sums."""

    name: str
    rows: Any  # the table itself
    order: tuple[str, ...]  # the time first
    read: tuple[str, ...] = ()  # the columns that `add_sums` reads
    add_sums: Callable[[str, DeletedRows], None] | None = None

    @property
    def at(self) -> sa.ColumnElement[datetime]:
        column: sa.ColumnElement[datetime] = self.rows.c[self.order[0]]
        return column


@dataclass(frozen=True)
class OldRows:
    """How many rows of each table would be deleted, and the day of the oldest one."""

    rows: dict[str, int]
    oldest: date | None


@dataclass(frozen=True)
class DeletedBatch:
    """What one write deleted, and for how many seconds it held the lock. A checkpoint of SQLite's
    write-ahead log counts too."""

    table: str
    rows: int
    seconds: float


def cutoff(age: timedelta) -> datetime:
    """Return the beginning of the UTC day of that age: only whole days are deleted."""
    return clock.day_of(clock.now() - age)


def count_old(before: datetime) -> OldRows:
    """Count what `prune` would delete."""
    rows, oldest = {}, []
    with read():
        for table in TABLES:
            query = sa.select(sa.func.count(), sa.func.min(table.at)).where(table.at < before)
            rows[table.name], first = db.session.execute(query).one()
            oldest += [first.date()] if first else []
    return OldRows(rows, min(oldest, default=None))


def prune(before: datetime) -> Iterator[DeletedBatch]:
    """Delete the rows before this beginning of a UTC day, and add them to the sums of their day.

    Yields each batch when it is committed, then pauses as long as the batch took: SQLite does not
    queue its writers, so one that returns at once would be first again. It is safe to stop between
    batches, and to run two at once.
    """
    size = FIRST_ROWS
    for table in TABLES:
        for persona_id in _with_old_rows(table, before):
            is_full = True
            while is_full:
                batch = _delete_batch(table, persona_id, before, size)
                yield batch
                is_full = batch.rows == size
                if is_full:
                    size = _next_size(size, batch.seconds)
                time.sleep(max(batch.seconds, MIN_PAUSE))


def _next_size(size: int, seconds: float) -> int:
    """Return how many rows would have taken the target time."""
    return max(MIN_ROWS, min(int(size * TARGET / seconds), 2 * size, MAX_ROWS))


def _with_old_rows(table: Table, before: datetime) -> list[str]:
    old = sa.exists().where(table.rows.c.persona_id == Persona.user_id, table.at < before)
    with read():
        return list(db.session.scalars(sa.select(Persona.user_id).where(old)))


def _delete_batch(table: Table, persona_id: str, before: datetime, limit: int) -> DeletedBatch:
    with write():
        started = time.perf_counter()
        # PostgreSQL: no other transaction prunes or adds rows of this persona until the commit
        lock_row(persona_id)
        rows = _delete(table, persona_id, before, limit)
        if table.add_sums and rows:
            table.add_sums(persona_id, rows)
    return DeletedBatch(table.name, len(rows), time.perf_counter() - started)


def _delete(table: Table, persona_id: str, before: datetime, limit: int) -> DeletedRows:
    """Delete the oldest rows of a persona, at most `limit`. Return them."""
    columns, key = table.rows.c, table.rows.primary_key.columns
    oldest = (
        sa.select(*key)
        .where(columns.persona_id == persona_id, table.at < before)
        .order_by(*(columns[name] for name in table.order))
        .limit(limit)
    )
    returned = [columns[name] for name in table.read] or [table.at]
    statement = sa.delete(table.rows).where(sa.tuple_(*key).in_(oldest)).returning(*returned)
    return db.session.connection().execute(statement).all()


def _add_actions(persona_id: str, rows: DeletedRows) -> None:
    actions = Counter((row.occurred_at.date(), row.tool_name) for row in rows)
    errors = Counter(
        (row.occurred_at.date(), row.tool_name) for row in rows if row.result == "error"
    )
    sums = [
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
    _upsert(statement, sums, _totals(statement, ActionDay, "actions", "errors"))


def _add_feedback(persona_id: str, rows: DeletedRows) -> None:
    """Among ratings of one instant, the one of the last tick id is the last, as in the answer for
    one persona."""
    unrated = dict.fromkeys(RATED.values(), 0)
    days: dict[tuple[date, str], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (row.occurred_at, row.tick_id)):
        day = row.occurred_at.date()
        new = {"persona_id": persona_id, "day": day, "module": row.module} | unrated
        sums = days.setdefault((day, row.module), new)
        sums[RATED[row.rating]] += 1
        sums |= {"last_rating": row.rating, "last_at": row.occurred_at}
    statement = insert(FeedbackDay)
    is_later = statement.excluded.last_at >= FeedbackDay.last_at
    last = {
        name: sa.case((is_later, statement.excluded[name]), else_=getattr(FeedbackDay, name))
        for name in ("last_rating", "last_at")
    }
    changes = _totals(statement, FeedbackDay, *RATED.values()) | last
    _upsert(statement, list(days.values()), changes)


def _totals(statement: Any, model: type[ActionDay | FeedbackDay], *names: str) -> dict[str, Any]:
    return {name: getattr(model, name) + statement.excluded[name] for name in names}


def _upsert(statement: Any, rows: list[dict[str, Any]], changes: dict[str, Any]) -> None:
    """Insert the sums of days, or apply `changes` to existing ones."""
    key = statement.table.primary_key.columns
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    db.session.connection().execute(upsert, rows)


TABLES = (
    Table(
        name="actions",
        rows=PersonaAction.__table__,
        order=("occurred_at",),
        read=("occurred_at", "tool_name", "result"),
        add_sums=_add_actions,
    ),
    Table(
        name="feedback",
        rows=PersonaFeedback.__table__,
        order=("occurred_at", "tick_id"),
        read=("occurred_at", "tick_id", "module", "rating"),
        add_sums=_add_feedback,
    ),
    Table(name="counts", rows=ActionCount.__table__, order=("starts_at",)),
)
