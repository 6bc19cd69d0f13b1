"""Add what the runner reports: all or nothing, and safe to repeat (contract, section 4)."""

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

AHEAD = timedelta(minutes=5)  # that a runner's clock may be before ours
BACK = timedelta(days=30)  # that a row may have waited for us

Key = tuple[str | int | None, ...]

# Built once: for each batch, building a statement would take longer than running it
PERSONA: Any = Persona.__table__
NEWEST: sa.BindParameter[datetime] = sa.bindparam("newest", type_=UTCDateTime)
MINE = PERSONA.c.user_id == sa.bindparam("persona_id")
# forwards, never back
MOVE_LAST_ACTIVE = (
    sa.update(PERSONA)
    .where(MINE, sa.or_(PERSONA.c.last_active_at.is_(None), PERSONA.c.last_active_at < NEWEST))
    .values(last_active_at=NEWEST)
)


class Differs(Conflict):
    """A row of this identity is stored already, with other content. Nothing was written."""


@dataclass(frozen=True)
class Written:
    """What became of a batch: together they are the rows that were sent."""

    written: int
    duplicates: int


class Log:
    """A table that rows are only added to: what identifies them beside the persona, and what else
    they say."""

    def __init__(
        self, model: type[Base], name: str, *, identity: tuple[str, ...], content: tuple[str, ...]
    ) -> None:
        self.table: sa.Table = model.__table__  # type: ignore[assignment]  # of any mapped class
        self.name = name  # of the batch on the wire
        self.identity = identity
        mine = self.table.c.persona_id == sa.bindparam("persona_id")
        tick = self.table.c.tick_id == sa.bindparam("tick_id")
        self.of_tick = sa.select(sa.literal(1)).where(mine, tick).limit(1)
        self.columns = ("persona_id", *identity, *content, "occurred_at", "is_dated")
        self.values: Callable[[object], tuple[object, ...]] = attrgetter(*content)

    def content(self, row: Any) -> tuple[object, ...]:
        """What a row says, reported or stored; its time only if the runner said it."""
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

    Raises NoSuchPersona; Differs; Invalid for a row that comes twice with other content, and for
    a new one whose time is too far from now.
    """
    if rows[0].seq is None:
        digest = _digest(rows)
        keys: list[Key] = [(row.tick_id, digest, index) for index, row in enumerate(rows)]
    else:
        keys = [(row.tick_id, "", row.seq) for row in rows]
    positions = _positions(keys)
    if len(positions) < len(rows):
        _refuse_doubles(rows, keys, positions)
    return _append(ACTIONS, persona_id, rows, positions)


def feedback(persona_id: str, rows: Sequence[Feedback]) -> Written:
    """Add a batch of ratings; of a module that comes twice in a tick, the first counts.

    Raises NoSuchPersona; Differs; Invalid for a new row whose time is too far from now.
    """
    keys: list[Key] = [(row.tick_id, row.module) for row in rows]
    return _append(FEEDBACK, persona_id, rows, _positions(keys))


def _digest(rows: Sequence[Action]) -> str:
    """SHA-256 of a checked batch in canonical JSON."""
    content = [[row.tick_id, *ACTIONS.content(row)] for row in rows]
    text = json.dumps(content, separators=(",", ":"), default=datetime.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()


def _positions(keys: Sequence[Key]) -> dict[Key, int]:
    """The position at which each key comes first."""
    positions: dict[Key, int] = {}
    for index, key in enumerate(keys):
        positions.setdefault(key, index)
    return positions


def _refuse_doubles(rows: Sequence[Row], keys: Sequence[Key], positions: Mapping[Key, int]) -> None:
    """Raise Invalid where a row says another thing than the first of its key."""
    for index, key in enumerate(keys):
        first = positions[key]
        if ACTIONS.content(rows[first]) != ACTIONS.content(rows[index]):
            message = f"The same tick and seq as actions.{first}, with other content."
            raise Invalid({f"actions.{index}.seq": [message]})


def _append(
    log: Log, persona_id: str, rows: Sequence[Row], positions: Mapping[Key, int]
) -> Written:
    """Add those rows that are not stored yet; `positions` has each row's by its identity."""
    arrived = clock.now()
    with write():
        if not lock_row(persona_id):
            raise NoSuchPersona
        new = _unknown(log, persona_id, rows, positions)
        if new:
            moments = [rows[index].occurred_at or arrived for index in new.values()]
            if min(moments) < arrived - BACK or max(moments) > arrived + AHEAD:
                raise _untimely(log, moments, new, arrived)
            _insert(log, persona_id, rows, new, moments)
            if log is ACTIONS:
                count.add(persona_id, moments)
            moved = {"persona_id": persona_id, "newest": max(moments)}
            db.session.connection().execute(MOVE_LAST_ACTIVE, moved)
    return Written(len(new), len(rows) - len(new))


def _unknown(
    log: Log, persona_id: str, rows: Sequence[Row], positions: Mapping[Key, int]
) -> Mapping[Key, int]:
    """Those that are not stored yet. Raises Differs where a stored one says something else."""
    if _is_new_tick(log, persona_id, positions):
        return positions
    columns = log.table.c
    mine = columns.persona_id == persona_id
    identity = sa.tuple_(*(columns[name] for name in log.identity))
    query = sa.select(log.table).where(mine, identity.in_(positions))
    new = dict(positions)
    for stored in db.session.connection().execute(query):
        index = new.pop(tuple(getattr(stored, name) for name in log.identity))
        if log.content(stored) != log.content(rows[index]):
            message = "It is stored already, with other content."
            raise Differs(errors={f"{log.name}.{index}": [message]})
    return new


def _is_new_tick(log: Log, persona_id: str, positions: Mapping[Key, int]) -> bool:
    """Whether all are of one tick of which nothing is stored: nearly always, and to ask that is
    far cheaper than to look for each row."""
    ticks = {key[0] for key in positions}
    if len(ticks) > 1:
        return False
    tick = {"persona_id": persona_id, "tick_id": ticks.pop()}
    return db.session.connection().scalar(log.of_tick, tick) is None


def _untimely(
    log: Log, moments: Sequence[datetime], new: Mapping[Key, int], arrived: datetime
) -> Invalid:
    """What to say of rows that are not of our time."""
    message = "Must be at most 5 minutes ahead and 30 days back."
    return Invalid(
        {
            f"{log.name}.{index}.occurredAt": [message]
            for index, at in zip(new.values(), moments, strict=True)
            if not arrived - BACK <= at <= arrived + AHEAD
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
