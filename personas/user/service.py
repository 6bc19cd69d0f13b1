"""Accounts as rows: insert, find, list, change."""

from typing import Any

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.database import clock
from personas.database.engine import db
from personas.database.session import insert, page, read, write
from personas.database.types import new_id
from personas.http.problems import Conflict, NotFound
from personas.user.models import User
from personas.user.stamp import Stamp

WIRE_NAMES = {
    "name": "name",
    "role": "role",
    "access_tier": "accessTier",
    "email_verified": "emailVerified",
}


class NoSuchUser(NotFound):
    """There is no such account."""


class LastAdmin(Conflict):
    """This is the last admin. Make another account an admin first."""


class PersonaRole(Conflict):
    """A persona's role is always user."""


def insert_user(
    *, email: str, name: str, password_hash: str, seed_version: str | None, stamp: Stamp
) -> User | None:
    """Insert an account within the transaction at work; None if its e-mail is taken.

    The rows are selected so that nothing is inserted over an account of another kind: the
    database would refuse that louder than "taken".
    """
    now = clock.now()
    values = {
        "id": new_id(),
        "email": email,
        "name": name,
        "folded_name": name.casefold(),
        "kind": stamp.kind,
        "role": stamp.role,
        "access_tier": stamp.access_tier,
        "email_verified": stamp.email_verified,
        "password_hash": password_hash,
        "seed_version": seed_version,
        "created_at": now,
        "updated_at": now,
    }
    columns = User.__table__.columns
    row = sa.select(*(sa.literal(value, columns[key].type) for key, value in values.items()))
    statement = (
        insert(User)
        .from_select(list(values), row.where(~sa.exists().where(User.email == email)))
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(User)
    )
    user: User | None = db.session.scalar(statement)
    return user


def find(email: str) -> User | None:
    """The account with this canonical e-mail."""
    with read():
        return db.session.scalar(sa.select(User).where(User.email == email))


def named(name: str, *, kind: str) -> list[User]:
    """The accounts of a kind with this name in any case, by e-mail."""
    query = sa.select(User).where(User.folded_name == name.casefold(), User.kind == kind)
    with read():
        return list(db.session.scalars(query.order_by(User.email)))


def lock(user_id: str) -> User | None:
    """The account, for the rest of the transaction at work ours alone to change."""
    return db.session.scalar(sa.select(User).where(User.id == user_id).with_for_update())


def matches(q: str) -> sa.ColumnElement[bool]:
    """Whether e-mail or name contains `q`, in any case."""
    sought = q.casefold()
    return sa.or_(
        User.email.contains(sought, autoescape=True),
        User.folded_name.contains(sought, autoescape=True),
    )


def users(
    *,
    kind: str = "human",
    role: str | None = None,
    q: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> tuple[list[User], str | None]:
    """The newest accounts first, people alone unless asked otherwise (`kind="all"`: everyone),
    and the cursor of the next page (contract, section 3)."""
    query = sa.select(User)
    if kind != "all":
        query = query.where(User.kind == kind)
    if role:
        query = query.where(User.role == role)
    if q:
        query = query.where(matches(q))
    with read():
        rows, next_cursor = page(query, User.id, limit=limit, cursor=cursor)
    return [row.User for row in rows], next_cursor


def update(user_id: str, changes: dict[str, Any], *, actor: Actor) -> User:
    """Change any of `access_tier, role, email_verified, name`.

    Raises NoSuchUser, PersonaRole and LastAdmin (contract, section 3).
    """
    with write():
        user = lock(user_id)
        if user is None:
            raise NoSuchUser
        role = changes.get("role", user.role)
        if user.kind == "persona" and role != "user":
            raise PersonaRole
        if user.role == "admin" and role != "admin":
            keep_an_admin(user.id)
        if before := change(user, changes):
            after = {key: changes[key] for key in before}
            audit.record(
                "user.update",
                actor=actor,
                target=Actor(user.id, user.email),
                before=_wire(before),
                after=_wire(after),
            )
        return user


def change(user: User, changes: dict[str, Any]) -> dict[str, Any]:
    """Set columns of an account within the transaction at work; answer the old values of those
    that were different."""
    before = {key: getattr(user, key) for key, new in changes.items() if getattr(user, key) != new}
    for key in before:
        setattr(user, key, changes[key])
    if before:
        user.folded_name = user.name.casefold()
        user.updated_at = clock.now()
    return before


def keep_an_admin(user_id: str) -> None:
    """Raise LastAdmin unless somebody else is an admin; nobody demotes them meanwhile."""
    admins = sa.select(User.id).where(User.role == "admin").order_by(User.id).with_for_update()
    if not [admin for admin in db.session.scalars(admins) if admin != user_id]:
        raise LastAdmin


def facts(user: User) -> dict[str, Any]:
    """What the audit trail keeps of an account that comes or goes: its wire names and values."""
    wire = _wire({key: getattr(user, key) for key in WIRE_NAMES})
    return {"email": user.email, "kind": user.kind} | wire


def _wire(values: dict[str, Any]) -> dict[str, Any]:
    return {WIRE_NAMES[key]: value for key, value in values.items()}
