"""Add the rows that the runner reports: all or none, and safe to repeat (contract, section 4)."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from personas.activity import count
from personas.activity.models import PersonaAction, PersonaFeedback
from personas.activity.row import Action, Feedback, Row
from personas.database import clock
from personas.database.engine import db
from personas.database.session import insert_many, write
from personas.database.types import Base, UTCDateTime
from personas.http.problems import Conflict, Invalid
from personas.persona.models import Persona
from personas.persona.service import NoSuchPersona, lock_row

MAX_AHEAD = timedelta(minutes=5)  # how far a runner's clock may be ahead of ours
MAX_AGE = timedelta(days=30)  # how long a row may wait until it is sent

Key = tuple[str | int | None, ...]

# Built once: building a statement takes longer than running it
PERSONA: Any = Persona.__table__
NEWEST: sa.BindParameter[datetime] = sa.bindparam("newest", type_=UTCDateTime)
IS_PERSONA = PERSONA.c.user_id == sa.bindparam("persona_id")
# only forward
MOVE_LAST_ACTIVE = (
    sa.update(PERSONA)
    .where(
        IS_PERSONA, sa.or_(PERSONA.c.last_active_at.is_(None), PERSONA.c.last_active_at < NEWEST)
    )
    .values(last_active_at=NEWEST)
)


class Differs(Conflict):
    """A row with this identity is already stored with different content. Nothing was written."""


@dataclass(frozen=True)
class Written:
    """How many rows of a batch were written, and how many were stored already."""

    written: int
    duplicates: int


class Log:
    """A table to which rows are only added. `identity` lists the columns that identify a row of a
    persona, `content` its other columns."""

    def __init__(
        self, model: type[Base], name: str, *, identity: tuple[str, ...], content: tuple[str, ...]
    ) -> None:
        self.table: sa.Table = model.__table__  # type: ignore[assignment]  # of any mapped class
        self.name = name  # of the batch on the wire
        self.identity = identity
        is_persona = self.table.c.persona_id == sa.bindparam("persona_id")
        is_tick = self.table.c.tick_id == sa.bindparam("tick_id")
        self.any_of_tick = sa.select(sa.literal(1)).where(is_persona, is_tick).limit(1)
        self.columns = ("persona_id", *identity, *content, "occurred_at", "is_dated")
        self.values: Callable[[object], tuple[object, ...]] = attrgetter(*content)

    def content(self, row: Any) -> tuple[object, ...]:
        """The content of a reported or stored row, with its time only if the runner sent one."""
        is_dated = getattr(row, "is_dated", True)
        return (*self.values(row), row.occurred_at if is_dated else None)


ACTIONS = Log(
    PersonaAction,
    "actions",
    identity=("tick_id", "batch", "seq"),
    content=("tool_name", "input_hash", "result", "error_message", "latency_ms"),
)
FEEDBACK = Log(
    PersonaFeedback, "feedback", identity=("tick_id", "module"), content=("rating", "notes")
)


def actions(persona_id: str, rows: Sequence[Action]) -> Written:
    """Add a batch of actions, of which all or none have a `seq`.

    Raises NoSuchPersona; Differs; Invalid if the batch repeats a row with different content, or if
    the time of a new row is too far from now.
    """
    if rows[0].seq is None:
        digest = _digest(rows)
        keys: list[Key] = [(row.tick_id, digest, index) for index, row in enumerate(rows)]
    else:
        keys = [(row.tick_id, "", row.seq) for row in rows]
    positions = _positions(keys)
    if len(positions) < len(rows):
        _require_equal_duplicates(rows, keys, positions)
    return _append(ACTIONS, persona_id, rows, positions)


def feedback(persona_id: str, rows: Sequence[Feedback]) -> Written:
    """Add a batch of ratings; if a tick rates a module twice, the first rating counts.

    Raises NoSuchPersona; Differs; Invalid if the time of a new row is too far from now.
    """
    keys: list[Key] = [(row.tick_id, row.module) for row in rows]
    return _append(FEEDBACK, persona_id, rows, _positions(keys))


def _digest(rows: Sequence[Action]) -> str:
    """SHA-256 of a checked batch in canonical JSON."""
    content = [[row.tick_id, *ACTIONS.content(row)] for row in rows]
    text = json.dumps(content, separators=(",", ":"), default=datetime.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()


def _positions(keys: Sequence[Key]) -> dict[Key, int]:
    """Map each key to the first position at which it occurs."""
    positions: dict[Key, int] = {}
    for index, key in enumerate(keys):
        positions.setdefault(key, index)
    return positions


def _require_equal_duplicates(
    rows: Sequence[Row], keys: Sequence[Key], positions: Mapping[Key, int]
) -> None:
    """Raise Invalid if a row has a different content than the first row with its key."""
    for index, key in enumerate(keys):
        first = positions[key]
        if ACTIONS.content(rows[first]) != ACTIONS.content(rows[index]):
            message = f"Has the tick and seq of actions.{first}, but different content."
            raise Invalid({f"actions.{index}.seq": [message]})


def _append(
    log: Log, persona_id: str, rows: Sequence[Row], positions: Mapping[Key, int]
) -> Written:
    """Add the rows that are not stored yet; `positions` maps the identity of each to its index."""
    arrived = clock.now()
    with write():
        if not lock_row(persona_id):
            raise NoSuchPersona
        new = _not_stored(log, persona_id, rows, positions)
        if new:
            moments = [rows[index].occurred_at or arrived for index in new.values()]
            if min(moments) < arrived - MAX_AGE or max(moments) > arrived + MAX_AHEAD:
                raise _out_of_range(log, moments, new, arrived)
            _insert(log, persona_id, rows, new, moments)
            if log is ACTIONS:
                count.add(persona_id, moments)
            newest = {"persona_id": persona_id, "newest": max(moments)}
            db.session.connection().execute(MOVE_LAST_ACTIVE, newest)
    return Written(len(new), len(rows) - len(new))


def _not_stored(
    log: Log, persona_id: str, rows: Sequence[Row], positions: Mapping[Key, int]
) -> Mapping[Key, int]:
    """Return the rows that are not stored yet. Raises Differs if a stored one has other content."""
    if _is_new_tick(log, persona_id, positions):
        return positions
    columns = log.table.c
    is_persona = columns.persona_id == persona_id
    identity = sa.tuple_(*(columns[name] for name in log.identity))
    query = sa.select(log.table).where(is_persona, identity.in_(positions))
    new = dict(positions)
    for stored in db.session.connection().execute(query):
        index = new.pop(tuple(getattr(stored, name) for name in log.identity))
        if log.content(stored) != log.content(rows[index]):
            message = "Is already stored with different content."
            raise Differs(errors={f"{log.name}.{index}": [message]})
    return new


def _is_new_tick(log: Log, persona_id: str, positions: Mapping[Key, int]) -> bool:
    """Whether all rows are of one tick, and none of that tick is stored.

    This is nearly always so, and much cheaper to check than each row.
    """
    ticks = {key[0] for key in positions}
    if len(ticks) > 1:
        return False
    tick = {"persona_id": persona_id, "tick_id": ticks.pop()}
    return db.session.connection().scalar(log.any_of_tick, tick) is None


def _out_of_range(
    log: Log, moments: Sequence[datetime], new: Mapping[Key, int], arrived: datetime
) -> Invalid:
    """The problem that names the rows whose time is out of range."""
    message = "Must be at most 5 minutes in the future and 30 days in the past."
    return Invalid(
        {
            f"{log.name}.{index}.occurredAt": [message]
            for index, at in zip(new.values(), moments, strict=True)
            if not arrived - MAX_AGE <= at <= arrived + MAX_AHEAD
        }
    )


def _insert(
    log: Log,
    persona_id: str,
    rows: Sequence[Row],
    new: Mapping[Key, int],
    moments: Sequence[datetime],
) -> None:
    stored = map(UTCDateTime.stored(db.engine.dialect), moments)
    values = [
        (persona_id, *key, *log.values(rows[index]), at, rows[index].occurred_at is not None)
        for (key, index), at in zip(new.items(), stored, strict=True)
    ]
    insert_many(log.table, log.columns, values)
