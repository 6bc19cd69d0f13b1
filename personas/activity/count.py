"""Count actions without reading them: counters by hour and by day, updated as actions arrive."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa

from personas.activity.models import ActionCount, PersonaAction
from personas.database import clock
from personas.database.clock import day_of, hour_of
from personas.database.engine import db
from personas.database.session import insert, read
from personas.persona.models import Persona
from personas.persona.service import PersonaAccount
from personas.user.models import User

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
MANY = 100  # above this number of personas, counting all of them is faster
# an instant on the boundary of two spans belongs to the later one
MICROSECOND = timedelta(microseconds=1)


def add(persona_id: str, moments: Sequence[datetime]) -> None:
    """Count actions that occurred at these moments, in the transaction that adds them."""
    first, last = hour_of(min(moments)), hour_of(max(moments))
    # a turn rarely crosses an hour
    hours = Counter({first: len(moments)} if first == last else map(hour_of, moments))
    days: Counter[datetime] = Counter()
    for hour, actions in hours.items():
        days[day_of(hour)] += actions
    rows = [
        {"persona_id": persona_id, "span": span, "starts_at": starts_at, "actions": actions}
        for span, counts in (("hour", hours), ("day", days))
        for starts_at, actions in counts.items()
    ]
    connection = db.session.connection()
    connection.execute(_upsert(connection.dialect.name), rows)


@cache
def _upsert(_dialect: str) -> sa.Executable:
    statement = insert(ActionCount)
    total = {"actions": ActionCount.actions + statement.excluded.actions}
    key = ["persona_id", "span", "starts_at"]
    upsert: sa.Executable = statement.on_conflict_do_update(index_elements=key, set_=total)
    return upsert


@dataclass(frozen=True)
class PersonaWithActions:
    """A persona, and the number of its actions in the last 7 × 24 hours."""

    user: User
    persona: Persona
    actions7d: int


def with_actions7d(personas: Sequence[PersonaAccount]) -> list[PersonaWithActions]:
    """Add to each persona the number of its actions in the last 7 × 24 hours."""
    ids = None if len(personas) > MANY else [account.user.id for account in personas]
    actions = actions7d_by_persona(clock.now(), ids)
    return [
        PersonaWithActions(account.user, account.persona, actions.get(account.user.id, 0))
        for account in personas
    ]


def one_with_actions7d(persona: PersonaAccount) -> PersonaWithActions:
    """Like `with_actions7d`, for one persona."""
    [with_actions] = with_actions7d([persona])
    return with_actions


def actions7d_by_persona(now: datetime, ids: Collection[str] | None = None) -> dict[str, int]:
    """Count the actions since 7 × 24 hours before `now`, by id, for these personas or for all.

    It adds the counters of the whole days, those of the whole hours before them, and the rows of
    the first, incomplete hour.
    """
    since = now - WEEK
    hour = hour_of(since + HOUR - MICROSECOND)
    day = day_of(since + DAY - MICROSECOND)
    week = (
        _sum("hour", ActionCount.starts_at >= hour, ActionCount.starts_at < day)
        + _sum("day", ActionCount.starts_at >= day)
        + _rows(PersonaAction.occurred_at >= since, PersonaAction.occurred_at < hour)
    )
    query = sa.select(Persona.user_id, week)
    if ids is not None:
        query = query.where(Persona.user_id.in_(ids))
    with read():
        return dict(iter(db.session.execute(query)))


def _sum(span: str, *when: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    conditions = sa.and_(ActionCount.persona_id == Persona.user_id, ActionCount.span == span, *when)
    total = sa.func.coalesce(sa.func.sum(ActionCount.actions), 0)
    return sa.select(total).where(conditions).scalar_subquery()


def _rows(*when: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    conditions = sa.and_(PersonaAction.persona_id == Persona.user_id, *when)
    count = sa.select(sa.func.count()).select_from(PersonaAction)
    return count.where(conditions).scalar_subquery()
