"""Read activity: the personas that are due, and the latest actions and ratings of one persona."""

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
from personas.persona.service import PersonaAccount
from personas.state import current
from personas.user.models import User

RECENT = 20


@dataclass(frozen=True)
class ModuleRatings:
    """A persona's ratings of a module: their number and sum, and the last one."""

    module: str
    ratings: int
    total: int
    last_rating: int
    last_at: datetime

    @property
    def mean(self) -> float:
        return self.total / self.ratings

    def __add__(self, other: "ModuleRatings") -> "ModuleRatings":
        last = other if other.last_at >= self.last_at else self
        return ModuleRatings(
            self.module,
            self.ratings + other.ratings,
            self.total + other.total,
            last.last_rating,
            last.last_at,
        )


def due(now: datetime) -> list[PersonaAccount]:
    """Return the personas that are due: never active ones first, then the longest idle."""
    idle_since = due_before(now, current(Settings).timezone)
    idle = (
        sa.and_(
            Persona.tick_cadence == cadence,
            sa.or_(Persona.last_active_at.is_(None), Persona.last_active_at <= since),
        )
        for cadence, since in idle_since.items()
    )
    was_active = sa.case((Persona.last_active_at.is_(None), 0), else_=1)
    query = (
        sa.select(User, Persona)
        .join(Persona)
        .where(sa.or_(*idle))
        .order_by(was_active, Persona.last_active_at, Persona.user_id)
    )
    with read():
        return [PersonaAccount(row.User, row.Persona) for row in db.session.execute(query)]


def recent(persona_id: str) -> list[PersonaAction]:
    """Return the latest actions of a persona, newest first: by time, then by number or position."""
    query = (
        sa.select(PersonaAction)
        .where(PersonaAction.persona_id == persona_id)
        .order_by(PersonaAction.occurred_at.desc(), PersonaAction.seq.desc())
        .limit(RECENT)
    )
    with read():
        return list(db.session.scalars(query))


def ratings(persona_id: str) -> list[ModuleRatings]:
    """Return the ratings that a persona gave to each module, in order of the names.

    They include the sums of pruned rows, but not the runner's own markers.
    """
    by_module: dict[str, ModuleRatings] = {}
    with read():
        for part in _pruned(persona_id) + _stored(persona_id):
            if not is_marker(part.module):
                earlier = by_module.get(part.module)
                by_module[part.module] = earlier + part if earlier else part
    return sorted(by_module.values(), key=lambda ratings: ratings.module)


def _pruned(persona_id: str) -> list[ModuleRatings]:
    days = db.session.scalars(sa.select(FeedbackDay).where(FeedbackDay.persona_id == persona_id))
    return [
        ModuleRatings(
            day.module,
            sum(day.counts),
            sum(rating * count for rating, count in enumerate(day.counts, 1)),
            day.last_rating,
            day.last_at,
        )
        for day in days
    ]


def _stored(persona_id: str) -> list[ModuleRatings]:
    is_persona = PersonaFeedback.persona_id == persona_id
    module, at = PersonaFeedback.module, PersonaFeedback.occurred_at
    sums = (
        sa.select(module, sa.func.count(), sa.func.sum(PersonaFeedback.rating), sa.func.max(at))
        .where(is_persona)
        .group_by(module)
    )
    newest = sa.select(module, sa.func.max(at)).where(is_persona).group_by(module)
    last = (
        sa.select(module, PersonaFeedback.rating)
        .where(is_persona, sa.tuple_(module, at).in_(newest))
        .order_by(PersonaFeedback.tick_id)
    )
    # among ratings of one instant, that of the last tick id overwrites the others
    last_ratings = dict(iter(db.session.execute(last)))
    return [
        ModuleRatings(name, ratings, total, last_ratings[name], last_at)
        for name, ratings, total, last_at in db.session.execute(sums)
    ]
