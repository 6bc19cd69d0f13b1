"""Add what the runner reports: all or nothing, and safe to repeat (contract, section 4)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from personas import clock
from personas.activity import count
from personas.activity.models import PersonaAction, PersonaFeedback
from personas.activity.reported import Action, Feedback, Row
from personas.db import Base, UTCDateTime, db, write
from personas.errors import Conflict, Invalid
from personas.persona.models import Persona
from personas.persona.service import NoSuchPersona

AHEAD = timedelta(minutes=5)  # that a runner's clock may be before ours
BACK = timedelta(days=30)  # that a row may have waited for us

Key = tuple[str | int, ...]


class Differs(Conflict):
    """A row of this identity is stored already, with other content. Nothing was written."""


@dataclass(frozen=True)
class Written:
    """What became of a batch: together they are the rows that were sent."""

    written: int
    duplicates: int


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of the two kinds of rows: where they go, what identifies them, and what else they say.
    `identity` comes right after the persona in the table's key."""

    model: type[Base]
    name: str  # of the batch on the wire
    identity: tuple[str, ...]
    content: tuple[str, ...]
    named_by: str  # the field that is wrong where two rows of one identity differ

    def said(self, row: object) -> tuple[object, ...]:
        """The content of a row, reported or stored; the time only if the runner said it."""
        is_dated = getattr(row, "is_dated", True)
        told = tuple(getattr(row, name) for name in self.content)
        return (*told, row.occurred_at if is_dated else None)  # type: ignore[attr-defined]


ACTIONS = Kind(
    model=PersonaAction,
    name="actions",
    identity=("tick_id", "batch", "seq"),
    content=("tool_name", "input_hash", "result", "error_message", "latency_ms"),
    named_by="seq",
)
FEEDBACK = Kind(
    model=PersonaFeedback,
    name="feedback",
    identity=("tick_id", "module"),
    content=("rating", "notes"),
    named_by="module",
)


def actions(persona_id: str, rows: Sequence[Action]) -> Written:
    """Add a batch of actions, of which all or none have a `seq`.

    Raises NoSuchPersona; Differs; Invalid for a row that comes twice with other content, and for
    a new one whose time is too far from now.
    """
    batch = "" if rows[0].seq is not None else _digest(rows)
    found: dict[Key, int] = {}
    for index, row in enumerate(rows):
        key = (row.tick_id, batch, index if row.seq is None else row.seq)
        first = found.setdefault(key, index)
        if first != index and ACTIONS.said(rows[first]) != ACTIONS.said(row):
            said = f"The same tick and seq as actions.{first}, with other content."
            raise Invalid({f"actions.{index}.seq": [said]})
    return _append(ACTIONS, persona_id, rows, found)


def feedback(persona_id: str, rows: Sequence[Feedback]) -> Written:
    """Add a batch of ratings; of a module that comes twice in a tick, the first counts.

    Raises NoSuchPersona; Differs; Invalid for a new row whose time is too far from now.
    """
    found: dict[Key, int] = {}
    for index, row in enumerate(rows):
        found.setdefault((row.tick_id, row.module), index)
    return _append(FEEDBACK, persona_id, rows, found)


def _digest(rows: Sequence[Action]) -> str:
    """SHA-256 of a checked batch in canonical JSON."""
    said = [[row.tick_id, *ACTIONS.said(row)] for row in rows]
    text = json.dumps(said, separators=(",", ":"), default=datetime.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()


def _append(kind: Kind, persona_id: str, rows: Sequence[Row], found: Mapping[Key, int]) -> Written:
    """Add those rows that are not stored yet. `found` has the position of each by its identity."""
    arrived = clock.now()
    late = {index for index in found.values() if not _is_timely(rows[index], arrived)}
    with write():
        _lock(persona_id)
        new = found
        if late or not _insert_all(kind, persona_id, rows, found, arrived):
            new = _unknown(kind, persona_id, rows, found)
            _refuse_late(kind, late.intersection(new.values()))
            _insert(kind, persona_id, rows, new, arrived)
        if new:
            moments = [rows[index].occurred_at or arrived for index in new.values()]
            if kind is ACTIONS:
                count.add(persona_id, moments)
            _move_last_active(persona_id, max(moments))
    return Written(len(new), len(rows) - len(new))


def _is_timely(row: Row, now: datetime) -> bool:
    return row.occurred_at is None or now - BACK <= row.occurred_at <= now + AHEAD


def _lock(persona_id: str) -> None:
    """Only we add to this persona, for the rest of the transaction. Raises NoSuchPersona."""
    query = sa.select(Persona.user_id).where(Persona.user_id == persona_id).with_for_update()
    if db.session.scalar(query) is None:
        raise NoSuchPersona


def _insert_all(
    kind: Kind, persona_id: str, rows: Sequence[Row], found: Mapping[Key, int], arrived: datetime
) -> bool:
    """Insert all rows; or, where some are stored already, none. That is the rare case, so nobody
    asks beforehand."""
    with db.session.begin_nested() as savepoint:
        if _insert(kind, persona_id, rows, found, arrived) == len(found):
            return True
        savepoint.rollback()
    return False


def _insert(
    kind: Kind, persona_id: str, rows: Sequence[Row], found: Mapping[Key, int], arrived: datetime
) -> int:
    """Insert the rows that are not there; answer how many. Past SQLAlchemy's own way, which takes
    three times as long."""
    if not found:
        return 0
    connection = db.session.connection()
    dialect = connection.dialect
    stored: Any = UTCDateTime().dialect_impl(dialect).bind_processor(dialect)
    now = stored(arrived)
    values = []
    for key, index in found.items():
        row = rows[index]
        at = row.occurred_at
        when = (now, False) if at is None else (stored(at), True)
        values.append((persona_id, *key, *[getattr(row, name) for name in kind.content], *when))
    columns = ("persona_id", *kind.identity, *kind.content, "occurred_at", "is_dated")
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    statement = (
        f"INSERT INTO {kind.model.__tablename__} ({', '.join(columns)}) "  # noqa: S608  our own names
        f"VALUES ({', '.join([mark] * len(columns))}) ON CONFLICT DO NOTHING"
    )
    return connection.exec_driver_sql(statement, values).rowcount


def _unknown(
    kind: Kind, persona_id: str, rows: Sequence[Row], found: Mapping[Key, int]
) -> dict[Key, int]:
    """Those of `found` that are not stored yet. Raises Differs where a stored one says something
    else."""
    table: Any = kind.model
    identity = [getattr(table, name) for name in kind.identity]
    query = sa.select(table).where(
        table.persona_id == persona_id, sa.tuple_(*identity).in_(list(found))
    )
    new = dict(found)
    for stored in db.session.scalars(query):
        index = new.pop(tuple(getattr(stored, name) for name in kind.identity))
        if kind.said(stored) != kind.said(rows[index]):
            path = f"{kind.name}.{index}"
            raise Differs(errors={path: ["It is stored already, with other content."]})
    return new


def _refuse_late(kind: Kind, late: set[int]) -> None:
    if late:
        said = "Must be at most 5 minutes ahead and 30 days back."
        raise Invalid({f"{kind.name}.{index}.occurredAt": [said] for index in sorted(late)})


def _move_last_active(persona_id: str, newest: datetime) -> None:
    """Forwards, never back."""
    is_older = sa.or_(Persona.last_active_at.is_(None), Persona.last_active_at < newest)
    statement = sa.update(Persona).where(Persona.user_id == persona_id, is_older)
    db.session.execute(statement.values(last_active_at=newest))
