"""Delete what is old, in writes so short that nobody waits for them. A day's sums stay."""

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
from personas.activity.report import BACK
from personas.database import clock
from personas.database.engine import db
from personas.database.session import insert, read, write
from personas.persona.models import Persona
from personas.persona.service import lock_row

LEAST = BACK + timedelta(days=1)  # a younger row may be sent again, and must be known then
TARGET = 0.02  # seconds; the benchmark's limit is 0.1, and a busy machine is slower
FEWEST, FIRST, MOST = 10, 100, 250  # rows in one
PAUSE = 0.01  # seconds, at least

Gone = Sequence[Any]  # rows with the columns that were asked for


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table that is pruned: in which order, and what its rows leave behind."""

    name: str
    rows: Any  # the table itself
    order: tuple[str, ...]  # the time first
    read: tuple[str, ...] = ()  # the columns that `keep` reads
    keep: Callable[[str, Gone], None] | None = None

    @property
    def at(self) -> sa.ColumnElement[datetime]:
        column: sa.ColumnElement[datetime] = self.rows.c[self.order[0]]
        return column


@dataclass(frozen=True)
class Old:
    """How many rows of each table are to go, and the day of the oldest."""

    rows: dict[str, int]
    oldest: date | None


@dataclass(frozen=True)
class Deleted:
    """What one write deleted, and for how many seconds it held the lock (at most: where SQLite
    writes its log back into the file, that counts too)."""

    table: str
    rows: int
    seconds: float


def cutoff(age: timedelta) -> datetime:
    """The beginning of the UTC day that was so long ago: days go as a whole."""
    return clock.day_of(clock.now() - age)


def count_old(before: datetime) -> Old:
    """What `prune` would delete."""
    rows, oldest = {}, []
    with read():
        for table in TABLES:
            query = sa.select(sa.func.count(), sa.func.min(table.at)).where(table.at < before)
            rows[table.name], first = db.session.execute(query).one()
            oldest += [first.date()] if first else []
    return Old(rows, min(oldest, default=None))


def prune(before: datetime) -> Iterator[Deleted]:
    """Delete the rows before this beginning of a UTC day, and add them to the sums of their day.

    Gives each batch once it is committed, then pauses as long as it took: SQLite does not queue
    its writers, and one that comes back at once would be first again. Whoever stops in between
    has lost nothing; two may prune at once.
    """
    size = FIRST
    for table in TABLES:
        for persona_id in _with_old_rows(table, before):
            is_full = True
            while is_full:
                deleted = _delete_batch(table, persona_id, before, size)
                yield deleted
                is_full = deleted.rows == size
                if is_full:
                    size = _next_size(size, deleted.seconds)
                time.sleep(max(deleted.seconds, PAUSE))


def _next_size(size: int, seconds: float) -> int:
    """So many rows as would have taken as long as they shall."""
    return max(FEWEST, min(int(size * TARGET / seconds), 2 * size, MOST))


def _with_old_rows(table: Table, before: datetime) -> list[str]:
    old = sa.exists().where(table.rows.c.persona_id == Persona.user_id, table.at < before)
    with read():
        return list(db.session.scalars(sa.select(Persona.user_id).where(old)))


def _delete_batch(table: Table, persona_id: str, before: datetime, most: int) -> Deleted:
    with write():
        began = time.perf_counter()
        # PostgreSQL: nobody else prunes this persona now, nor would see half of it done
        lock_row(persona_id)
        gone = _delete(table, persona_id, before, most)
        if table.keep and gone:
            table.keep(persona_id, gone)
    return Deleted(table.name, len(gone), time.perf_counter() - began)


def _delete(table: Table, persona_id: str, before: datetime, most: int) -> Gone:
    """Delete the oldest rows of a persona."""
    columns, key = table.rows.c, table.rows.primary_key.columns
    oldest = (
        sa.select(*key)
        .where(columns.persona_id == persona_id, table.at < before)
        .order_by(*(columns[name] for name in table.order))
        .limit(most)
    )
    needed = [columns[name] for name in table.read] or [table.at]
    statement = sa.delete(table.rows).where(sa.tuple_(*key).in_(oldest)).returning(*needed)
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
    unrated = dict.fromkeys(RATED.values(), 0)
    days: dict[tuple[date, str], dict[str, Any]] = {}
    for row in sorted(gone, key=lambda row: (row.occurred_at, row.tick_id)):
        day = row.occurred_at.date()
        new = {"persona_id": persona_id, "day": day, "module": row.module} | unrated
        kept = days.setdefault((day, row.module), new)
        kept[RATED[row.rating]] += 1
        kept |= {"last_rating": row.rating, "last_at": row.occurred_at}
    statement = insert(FeedbackDay)
    later = statement.excluded.last_at >= FeedbackDay.last_at
    last = {
        name: sa.case((later, statement.excluded[name]), else_=getattr(FeedbackDay, name))
        for name in ("last_rating", "last_at")
    }
    _add(statement, list(days.values()), _sums(statement, FeedbackDay, *RATED.values()) | last)


def _sums(statement: Any, model: type[ActionDay | FeedbackDay], *names: str) -> dict[str, Any]:
    return {name: getattr(model, name) + statement.excluded[name] for name in names}


def _add(statement: Any, rows: list[dict[str, Any]], changes: dict[str, Any]) -> None:
    """Insert the sums of days, or change those that are there."""
    key = statement.table.primary_key.columns
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    db.session.connection().execute(upsert, rows)


TABLES = (
    Table(
        name="actions",
        rows=PersonaAction.__table__,
        order=("occurred_at",),
        read=("occurred_at", "tool_name", "result"),
        keep=_keep_actions,
    ),
    Table(
        name="feedback",
        rows=PersonaFeedback.__table__,
        order=("occurred_at", "tick_id"),
        read=("occurred_at", "tick_id", "module", "rating"),
        keep=_keep_feedback,
    ),
    Table(name="counts", rows=ActionCount.__table__, order=("starts_at",)),
)
