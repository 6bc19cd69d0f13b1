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
    """Insert an account in the current transaction. Return None if its e-mail is taken.

    INSERT … SELECT inserts no row where the e-mail exists: with VALUES, the triggers would
    refuse an e-mail of another kind with an error before ON CONFLICT could skip it.
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
    """Return the account with this canonical e-mail."""
    with read():
        return db.session.scalar(sa.select(User).where(User.email == email))


def find_by_name(name: str, *, kind: str) -> list[User]:
    """Return the accounts of a kind with this name, ignoring case, ordered by e-mail."""
    query = sa.select(User).where(User.folded_name == name.casefold(), User.kind == kind)
    with read():
        return list(db.session.scalars(query.order_by(User.email)))


def lock(user_id: str) -> User | None:
    """Return the account, locked for the rest of the current transaction."""
    return db.session.scalar(sa.select(User).where(User.id == user_id).with_for_update())


def matches(q: str) -> sa.ColumnElement[bool]:
    """Whether the e-mail or the name contains `q`, ignoring case."""
    folded = q.casefold()
    return sa.or_(
        User.email.contains(folded, autoescape=True),
        User.folded_name.contains(folded, autoescape=True),
    )


def users(
    *,
    kind: str = "human",
    role: str | None = None,
    q: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> tuple[list[User], str | None]:
    """Return the newest accounts first, and the cursor of the next page (contract, section 3).

    `kind="all"` includes every kind.
    """
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
            require_another_admin(user.id)
        if before := change(user, changes):
            after = {key: changes[key] for key in before}
            audit.record(
                "user.update",
                actor=actor,
                target=Actor(user.id, user.email),
                before=_by_wire_name(before),
                after=_by_wire_name(after),
            )
        return user


def change(user: User, changes: dict[str, Any]) -> dict[str, Any]:
    """Set columns of an account in the current transaction. Return the old values of those that
    changed."""
    before = {key: getattr(user, key) for key, new in changes.items() if getattr(user, key) != new}
    for key in before:
        setattr(user, key, changes[key])
    if before:
        user.folded_name = user.name.casefold()
        user.updated_at = clock.now()
    return before


def require_another_admin(user_id: str) -> None:
    """Raise LastAdmin unless another account is an admin. All admins stay locked, so that nobody
    demotes the other one in the meantime."""
    admins = sa.select(User.id).where(User.role == "admin").order_by(User.id).with_for_update()
    if not [admin for admin in db.session.scalars(admins) if admin != user_id]:
        raise LastAdmin


def audit_values(user: User) -> dict[str, Any]:
    """What the audit trail keeps of an account that is created or deleted, by wire name."""
    values = {key: getattr(user, key) for key in WIRE_NAMES}
    return {"email": user.email, "kind": user.kind} | _by_wire_name(values)


def _by_wire_name(values: dict[str, Any]) -> dict[str, Any]:
    return {WIRE_NAMES[key]: value for key, value in values.items()}
