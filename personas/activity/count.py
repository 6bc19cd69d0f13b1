"""Count actions without reading them: by hour and by day, kept as they arrive."""

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
from personas.persona.service import Described
from personas.user.models import User

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
MANY = 100  # personas; of more it is quicker to count all
# less than a span: what stands on the edge belongs to the one that begins there
MICROSECOND = timedelta(microseconds=1)


def add(persona_id: str, moments: Sequence[datetime]) -> None:
    """Count actions that occurred at these moments, within the transaction that adds them."""
    first, last = hour_of(min(moments)), hour_of(max(moments))
    # a turn seldom goes over the full hour
    hours = Counter({first: len(moments)} if first == last else map(hour_of, moments))
    days: Counter[datetime] = Counter()
    for hour, actions in hours.items():
        days[day_of(hour)] += actions
    rows = [
        {"persona_id": persona_id, "span": span, "starts_at": starts_at, "actions": actions}
        for span, counted in (("hour", hours), ("day", days))
        for starts_at, actions in counted.items()
    ]
    connection = db.session.connection()
    connection.execute(_adding(connection.dialect.name), rows)


@cache
def _adding(_dialect: str) -> sa.Executable:
    statement = insert(ActionCount)
    more = {"actions": ActionCount.actions + statement.excluded.actions}
    key = ["persona_id", "span", "starts_at"]
    adding: sa.Executable = statement.on_conflict_do_update(index_elements=key, set_=more)
    return adding


@dataclass(frozen=True)
class Counted:
    """A persona, and how many actions it has done in the last 7 × 24 hours."""

    user: User
    persona: Persona
    actions7d: int


def with_actions7d(personas: Sequence[Described]) -> list[Counted]:
    """These personas with the actions of their week."""
    ids = None if len(personas) > MANY else [found.user.id for found in personas]
    actions = of_the_week(clock.now(), ids)
    return [Counted(found.user, found.persona, actions.get(found.user.id, 0)) for found in personas]


def of_one(persona: Described) -> Counted:
    """This persona with the actions of its week."""
    [counted] = with_actions7d([persona])
    return counted


def of_the_week(now: datetime, ids: Collection[str] | None = None) -> dict[str, int]:
    """By persona (these, or all) the actions since 7 × 24 hours before `now`: of whole days, of
    the whole hours before them, and of the first, broken hour the rows themselves."""
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
    mine = sa.and_(ActionCount.persona_id == Persona.user_id, ActionCount.span == span, *when)
    total = sa.func.coalesce(sa.func.sum(ActionCount.actions), 0)
    return sa.select(total).where(mine).scalar_subquery()


def _rows(*when: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    mine = sa.and_(PersonaAction.persona_id == Persona.user_id, *when)
    return sa.select(sa.func.count()).select_from(PersonaAction).where(mine).scalar_subquery()
