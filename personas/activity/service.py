"""Read what personas did: who is due, and what one did and thought of late."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from personas.activity.cadence import due_before
from personas.activity.models import FeedbackDay, PersonaAction, PersonaFeedback
from personas.activity.module import is_marker
from personas.config.settings import Settings
from personas.database.engine import db
from personas.database.session import read
from personas.persona.models import Persona
from personas.persona.service import Described
from personas.state import current
from personas.user.models import User

RECENT = 20


@dataclass(frozen=True)
class Rated:
    """What a persona thinks of a module: the sum and the number of its ratings, and the last."""

    module: str
    ratings: int
    total: int
    last_rating: int
    last_at: datetime

    @property
    def mean(self) -> float:
        return self.total / self.ratings

    def __add__(self, other: "Rated") -> "Rated":
        last = other if other.last_at >= self.last_at else self
        return Rated(
            self.module,
            self.ratings + other.ratings,
            self.total + other.total,
            last.last_rating,
            last.last_at,
        )


def due(now: datetime) -> list[Described]:
    """The personas whose turn has come: those that were never active, then the longest idle."""
    before = due_before(now, current(Settings).timezone)
    idle = (
        sa.and_(
            Persona.tick_cadence == cadence,
            sa.or_(Persona.last_active_at.is_(None), Persona.last_active_at <= since),
        )
        for cadence, since in before.items()
    )
    never_first = sa.case((Persona.last_active_at.is_(None), 0), else_=1)
    query = (
        sa.select(User, Persona)
        .join(Persona)
        .where(sa.or_(*idle))
        .order_by(never_first, Persona.last_active_at, Persona.user_id)
    )
    with read():
        return [Described(row.User, row.Persona) for row in db.session.execute(query)]


def recent(persona_id: str) -> list[PersonaAction]:
    """Its newest actions, the newest first: by time, then by number or position."""
    query = (
        sa.select(PersonaAction)
        .where(PersonaAction.persona_id == persona_id)
        .order_by(PersonaAction.occurred_at.desc(), PersonaAction.seq.desc())
        .limit(RECENT)
    )
    with read():
        return list(db.session.scalars(query))


def ratings(persona_id: str) -> list[Rated]:
    """What it thinks of each module, by module: with what pruning has left, without the runner's
    own markers."""
    found: dict[str, Rated] = {}
    with read():
        for part in _pruned(persona_id) + _stored(persona_id):
            if not is_marker(part.module):
                known = found.get(part.module)
                found[part.module] = known + part if known else part
    return sorted(found.values(), key=lambda rated: rated.module)


def _pruned(persona_id: str) -> list[Rated]:
    days = db.session.scalars(sa.select(FeedbackDay).where(FeedbackDay.persona_id == persona_id))
    return [
        Rated(
            day.module,
            sum(day.counts),
            sum(rating * count for rating, count in enumerate(day.counts, 1)),
            day.last_rating,
            day.last_at,
        )
        for day in days
    ]


def _stored(persona_id: str) -> list[Rated]:
    theirs = PersonaFeedback.persona_id == persona_id
    module, at = PersonaFeedback.module, PersonaFeedback.occurred_at
    sums = (
        sa.select(module, sa.func.count(), sa.func.sum(PersonaFeedback.rating), sa.func.max(at))
        .where(theirs)
        .group_by(module)
    )
    newest = sa.select(module, sa.func.max(at)).where(theirs).group_by(module)
    last = (
        sa.select(module, PersonaFeedback.rating)
        .where(theirs, sa.tuple_(module, at).in_(newest))
        .order_by(PersonaFeedback.tick_id)
    )
    of_last = dict(iter(db.session.execute(last)))  # of one instant, the last tick's
    return [
        Rated(name, ratings, total, of_last[name], last_at)
        for name, ratings, total, last_at in db.session.execute(sums)
    ]
