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

# Built once, because every batch that a runner reports takes this lock
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
    """This account is not a persona. It was not changed."""


@dataclass(frozen=True)
class PersonaAccount:
    """A persona as it is stored: its account and its descriptor."""

    user: User
    persona: Persona

    @property
    def columns(self) -> dict[str, Any]:
        return {
            key: getattr(self.persona if key in DESCRIPTOR else self.user, key) for key in FIELDS
        }


def lock(user_id: str) -> PersonaAccount | None:
    """Return the persona, locked for the rest of the current transaction."""
    user = users.lock(user_id)
    persona = db.session.get(Persona, user_id) if user else None
    return PersonaAccount(user, persona) if user and persona else None


def lock_row(persona_id: str) -> bool:
    """Lock the row of a persona for the rest of the current transaction, so that no other one can
    add or delete its actions and ratings. Return whether the persona exists."""
    return db.session.connection().scalar(LOCK_ROW, {"persona_id": persona_id}) is not None


def change(account: PersonaAccount, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Set columns in the current transaction. Return their old values by wire name."""
    before = {FIELDS[key]: account.columns[key] for key in changes}
    users.change(account.user, {key: new for key, new in changes.items() if key not in DESCRIPTOR})
    for key in DESCRIPTOR:
        if key in changes:
            setattr(account.persona, key, changes[key])
    return before


def find(email: str) -> PersonaAccount | None:
    """Return the persona with this canonical e-mail. Raises NotAPersona if the account with this
    e-mail is not one."""
    query = sa.select(User, Persona).outerjoin(Persona).where(User.email == email)
    with read():
        row = db.session.execute(query).one_or_none()
    if row is None:
        return None
    if row.Persona is None:
        raise NotAPersona
    return PersonaAccount(row.User, row.Persona)


def personas(
    *,
    archetype: str | None = None,
    cadence: str | None = None,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> tuple[list[PersonaAccount], str | None]:
    """Return the newest personas first (without `limit`, all of them), and the next cursor."""
    query = sa.select(User, Persona).join(Persona)
    if archetype:
        query = query.where(Persona.archetype == archetype)
    if cadence:
        query = query.where(Persona.tick_cadence == cadence)
    if q:
        query = query.where(users.matches(q))
    with read():
        rows, next_cursor = page(query, User.id, limit=limit, cursor=cursor)
    return [PersonaAccount(row.User, row.Persona) for row in rows], next_cursor


def by_archetype() -> dict[str, int]:
    """Count the personas of each archetype."""
    query = sa.select(Persona.archetype, sa.func.count()).group_by(Persona.archetype)
    with read():
        return dict(iter(db.session.execute(query)))


def get(user_id: str) -> PersonaAccount:
    """Return the persona with this id. Raises NoSuchPersona."""
    query = sa.select(User, Persona).join(Persona).where(User.id == user_id)
    with read():
        row = db.session.execute(query).one_or_none()
    if row is None:
        raise NoSuchPersona
    return PersonaAccount(row.User, row.Persona)


def update(user_id: str, changes: Mapping[str, Any], *, actor: Actor) -> PersonaAccount:
    """Change any of `name, archetype, system_prompt, module_mix, tick_cadence`.

    Raises NoSuchPersona, and NotAPersona if the account is not one.
    """
    with write():
        account = lock(user_id)
        if account is None:
            raise NotAPersona if users.lock(user_id) else NoSuchPersona
        user = account.user
        update_plan = plan(user.email, changes, account.columns, password_fits=True)
        if update_plan.columns:
            after = {key: changes[key] for key in update_plan.columns}
            audit.record(
                "persona.update",
                actor=actor,
                target=Actor(user.id, user.email),
                before=change(account, after),
                after={FIELDS[key]: value for key, value in after.items()},
            )
    return account


def delete(user_id: str, *, actor: Actor) -> None:
    """Delete a persona and all its data. Raises NoSuchPersona, and NotAPersona if the account is
    not one."""
    try:
        auth.delete_account(user_id, is_persona=True, actor=actor)
    except users.NoSuchUser:
        raise NoSuchPersona from None
    except auth.WrongAccountKind:
        raise NotAPersona from None
