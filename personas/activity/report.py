"""Add what the runner reports: all or nothing, and safe to repeat (contract, section 4)."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from personas import clock
from personas.activity import count
from personas.activity.models import PersonaAction, PersonaFeedback
from personas.activity.reported import Action, Feedback, Row
from personas.db import Base, UTCDateTime, db, insert_many, write
from personas.errors import Conflict, Invalid
from personas.persona.models import Persona
from personas.persona.service import NoSuchPersona

AHEAD = timedelta(minutes=5)  # that a runner's clock may be before ours
BACK = timedelta(days=30)  # that a row may have waited for us

Key = tuple[str | int | None, ...]

# Built once: on the way of every batch, making a statement takes longer than running it
PERSONA: Any = Persona.__table__
NEWEST: sa.BindParameter[datetime] = sa.bindparam("newest", type_=UTCDateTime)
MINE = PERSONA.c.user_id == sa.bindparam("persona_id")
LOCK = sa.select(PERSONA.c.user_id).where(MINE).with_for_update()
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


class Kind:
    """One of the two kinds of rows: where they go, what identifies them beside the persona, and
    what else they say."""

    def __init__(
        self, model: type[Base], name: str, *, identity: tuple[str, ...], content: tuple[str, ...]
    ) -> None:
        self.table: sa.Table = model.__table__  # type: ignore[assignment]
        self.name = name  # of the batch on the wire
        self.identity = identity
        mine = self.table.c.persona_id == sa.bindparam("persona_id")
        tick = self.table.c.tick_id == sa.bindparam("tick_id")
        self.of_tick = sa.select(sa.literal(1)).where(mine, tick).limit(1)
        self.columns = ("persona_id", *identity, *content, "occurred_at", "is_dated")
        self.content: Callable[[object], tuple[object, ...]] = attrgetter(*content)

    def said(self, row: Any) -> tuple[object, ...]:
        """The content of a row, reported or stored; its time only if the runner said it."""
        is_dated = getattr(row, "is_dated", True)
        return (*self.content(row), row.occurred_at if is_dated else None)


ACTIONS = Kind(
    PersonaAction,
    "actions",
    identity=("tick_id", "batch", "seq"),
    content=("tool_name", "input_hash", "result", "error_message", "latency_ms"),
)
FEEDBACK = Kind(
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
    found = _firsts(keys)
    if len(found) < len(rows):
        _refuse_doubles(rows, keys, found)
    return _append(ACTIONS, persona_id, rows, found)


def feedback(persona_id: str, rows: Sequence[Feedback]) -> Written:
    """Add a batch of ratings; of a module that comes twice in a tick, the first counts.

    Raises NoSuchPersona; Differs; Invalid for a new row whose time is too far from now.
    """
    keys: list[Key] = [(row.tick_id, row.module) for row in rows]
    return _append(FEEDBACK, persona_id, rows, _firsts(keys))


def _digest(rows: Sequence[Action]) -> str:
    """SHA-256 of a checked batch in canonical JSON."""
    said = [[row.tick_id, *ACTIONS.said(row)] for row in rows]
    text = json.dumps(said, separators=(",", ":"), default=datetime.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()


def _firsts(keys: Sequence[Key]) -> dict[Key, int]:
    """The position at which each key comes first."""
    last = len(keys) - 1
    return dict(zip(reversed(keys), range(last, -1, -1), strict=True))


def _refuse_doubles(rows: Sequence[Row], keys: Sequence[Key], found: Mapping[Key, int]) -> None:
    """Raise Invalid where a row says another thing than the first of its key."""
    for index, key in enumerate(keys):
        first = found[key]
        if ACTIONS.said(rows[first]) != ACTIONS.said(rows[index]):
            said = f"The same tick and seq as actions.{first}, with other content."
            raise Invalid({f"actions.{index}.seq": [said]})


def _append(kind: Kind, persona_id: str, rows: Sequence[Row], found: Mapping[Key, int]) -> Written:
    """Add those rows that are not stored yet. `found` has the position of each by its identity."""
    arrived = clock.now()
    with write():
        if db.session.connection().scalar(LOCK, {"persona_id": persona_id}) is None:
            raise NoSuchPersona
        new = _unknown(kind, persona_id, rows, found)
        if new:
            moments = [rows[index].occurred_at or arrived for index in new.values()]
            if min(moments) < arrived - BACK or max(moments) > arrived + AHEAD:
                raise _untimely(kind, moments, new, arrived)
            _insert(kind, persona_id, rows, new, moments)
            if kind is ACTIONS:
                count.add(persona_id, moments)
            moved = {"persona_id": persona_id, "newest": max(moments)}
            db.session.connection().execute(MOVE_LAST_ACTIVE, moved)
    return Written(len(new), len(rows) - len(new))


def _unknown(
    kind: Kind, persona_id: str, rows: Sequence[Row], found: Mapping[Key, int]
) -> Mapping[Key, int]:
    """Those of `found` that are not stored yet. Raises Differs where a stored one says something
    else."""
    connection = db.session.connection()
    columns = kind.table.c
    mine = columns.persona_id == persona_id
    ticks = {key[0] for key in found}
    if (
        len(ticks) == 1
        and connection.scalar(
            kind.of_tick, {"persona_id": persona_id, "tick_id": next(iter(ticks))}
        )
        is None
    ):
        return found
    identity = sa.tuple_(*(columns[name] for name in kind.identity))
    new = dict(found)
    for stored in connection.execute(sa.select(kind.table).where(mine, identity.in_(found))):
        index = new.pop(tuple(getattr(stored, name) for name in kind.identity))
        if kind.said(stored) != kind.said(rows[index]):
            said = ["It is stored already, with other content."]
            raise Differs(errors={f"{kind.name}.{index}": said})
    return new


def _untimely(
    kind: Kind, moments: Sequence[datetime], new: Mapping[Key, int], arrived: datetime
) -> Invalid:
    """What to say of rows that are not of our time."""
    said = ["Must be at most 5 minutes ahead and 30 days back."]
    return Invalid(
        {
            f"{kind.name}.{index}.occurredAt": said
            for index, at in sorted(zip(new.values(), moments, strict=True))
            if not arrived - BACK <= at <= arrived + AHEAD
        }
    )


def _insert(
    kind: Kind,
    persona_id: str,
    rows: Sequence[Row],
    new: Mapping[Key, int],
    moments: Sequence[datetime],
) -> None:
    stored = map(UTCDateTime.stored(db.engine.dialect), moments)
    values = [
        (persona_id, *key, *kind.content(rows[index]), at, rows[index].occurred_at is not None)
        for (key, index), at in zip(new.items(), stored, strict=True)
    ]
    insert_many(kind.table, kind.columns, values)
