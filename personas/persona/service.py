"""Personas as rows: find, list, change, delete."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.auth import service as auth
from personas.database.engine import db
from personas.database.session import page, read, write
from personas.http.problems import Conflict, NotFound
from personas.persona.models import Persona
from personas.persona.plan import FIELDS, plan
from personas.user import service as users
from personas.user.models import User

# Built once: each batch that a runner reports takes this lock
COLUMNS = Persona.__table__.c
LOCK_ROW = (
    sa.select(COLUMNS.user_id)
    .where(COLUMNS.user_id == sa.bindparam("persona_id"))
    .with_for_update()
)
DESCRIPTOR = ("archetype", "system_prompt", "module_mix", "tick_cadence")


class NoSuchPersona(NotFound):
    """There is no such persona."""


class NotAPersona(Conflict):
    """This account is not a persona. It stays as it is."""


@dataclass(frozen=True)
class Described:
    """A persona as it is stored: its account and its descriptor."""

    user: User
    persona: Persona

    @property
    def columns(self) -> dict[str, Any]:
        return {
            key: getattr(self.persona if key in DESCRIPTOR else self.user, key) for key in FIELDS
        }


def lock(user_id: str) -> Described | None:
    """The persona, for the rest of the transaction at work ours alone to change."""
    user = users.lock(user_id)
    persona = db.session.get(Persona, user_id) if user else None
    return Described(user, persona) if user and persona else None


def lock_row(persona_id: str) -> bool:
    """Whether there is such a persona; if so, nobody else adds to what it did, or takes from it,
    for the rest of the transaction at work."""
    return db.session.connection().scalar(LOCK_ROW, {"persona_id": persona_id}) is not None


def change(found: Described, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Set columns within the transaction at work; answer the old values by wire name."""
    before = {FIELDS[key]: found.columns[key] for key in changes}
    users.change(found.user, {key: new for key, new in changes.items() if key not in DESCRIPTOR})
    for key in DESCRIPTOR:
        if key in changes:
            setattr(found.persona, key, changes[key])
    return before


def find(email: str) -> Described | None:
    """The persona with this canonical e-mail. Raises NotAPersona where that is somebody else's."""
    query = sa.select(User, Persona).outerjoin(Persona).where(User.email == email)
    with read():
        row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    if row.Persona is None:
        raise NotAPersona
    return Described(row.User, row.Persona)


def personas(
    *,
    archetype: str | None = None,
    cadence: str | None = None,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> tuple[list[Described], str | None]:
    """The newest personas first (without `limit` all of them), and the cursor of the next page."""
    query = sa.select(User, Persona).join(Persona)
    if archetype:
        query = query.where(Persona.archetype == archetype)
    if cadence:
        query = query.where(Persona.tick_cadence == cadence)
    if q:
        query = query.where(users.matches(q))
    with read():
        rows, next_cursor = page(query, User.id, limit=limit, cursor=cursor)
    return [Described(row.User, row.Persona) for row in rows], next_cursor


def by_archetype() -> dict[str, int]:
    """How many personas there are of each archetype."""
    query = sa.select(Persona.archetype, sa.func.count()).group_by(Persona.archetype)
    with read():
        return dict(iter(db.session.execute(query)))


def get(user_id: str) -> Described:
    """Raises NoSuchPersona."""
    query = sa.select(User, Persona).join(Persona).where(User.id == user_id)
    with read():
        row = db.session.execute(query).one_or_none()
    if row is None:
        raise NoSuchPersona
    return Described(row.User, row.Persona)


def update(user_id: str, changes: Mapping[str, Any], *, actor: Actor) -> Described:
    """Change any of `name, archetype, system_prompt, module_mix, tick_cadence`.

    Raises NoSuchPersona, and NotAPersona for somebody else's id.
    """
    with write():
        found = lock(user_id)
        if found is None:
            raise NotAPersona if users.lock(user_id) else NoSuchPersona
        user = found.user
        planned = plan(user.email, changes, found.columns, password_fits=True)
        if planned.columns:
            after = {key: changes[key] for key in planned.columns}
            audit.record(
                "persona.update",
                actor=actor,
                target=Actor(user.id, user.email),
                before=change(found, after),
                after={FIELDS[key]: value for key, value in after.items()},
            )
    return found


def delete(user_id: str, *, actor: Actor) -> None:
    """Delete a persona and all that is its own. Raises NoSuchPersona; NotAPersona for the id of
    somebody else."""
    try:
        auth.delete_account(user_id, persona=True, actor=actor)
    except users.NoSuchUser:
        raise NoSuchPersona from None
    except auth.OtherDoor:
        raise NotAPersona from None
