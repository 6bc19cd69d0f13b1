"""Spaces as rows: find, list, rename, delete.

In this package, `by` is the account whose role is checked. `actor` is who the audit trail names:
the same account, unless the command line acts on its behalf.

A change locks the account first, then the space. Deleting an account does the same, so that the two
cannot deadlock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.database.engine import db
from personas.database.session import page, read, write
from personas.http.problems import Conflict, Forbidden, NotFound, Unauthorized
from personas.space.access import may
from personas.space.models import Space, SpaceMember
from personas.user import service as users
from personas.user.models import User


class NoSuchSpace(NotFound):
    """There is no such space, or you are not a member of it."""


class NotAllowed(Forbidden):
    """Your role in this space does not allow this."""


class PersonalSpace(Conflict):
    """This is a personal space. It has one member and is deleted with its account."""


@dataclass(frozen=True)
class Membership:
    """A space as one account sees it."""

    space: Space
    role: str


@dataclass(frozen=True)
class Member:
    """An account, and its role in one space."""

    user: User
    role: str


@dataclass(frozen=True)
class SpaceWithMembers:
    """A space and all its members."""

    space: Space
    members: list[Member]


def rename(
    space_id: str, name: str | None = None, *, by: Actor, actor: Actor | None = None
) -> Membership:
    """Give a space a new name (None: no change). Raises NoSuchSpace, NotAllowed."""
    with write():
        membership = lock_space(space_id, by=by)
        space = membership.space
        if not may(membership.role, "rename"):
            raise NotAllowed
        if name not in (None, space.name):
            audit.record(
                "space.update",
                actor=actor or by,
                target=Actor(space.id),
                before={"name": space.name},
                after={"name": name},
            )
            space.name, space.folded_name = str(name), str(name).casefold()
    return membership


def delete(space_id: str, *, by: Actor, actor: Actor | None = None) -> None:
    """Delete a shared space with its memberships and invitations.

    Raises NoSuchSpace, NotAllowed, PersonalSpace.
    """
    with write():
        membership = lock_space(space_id, by=by)
        if not may(membership.role, "delete"):
            raise NotAllowed
        if membership.space.type == "personal":
            raise PersonalSpace
        delete_row(membership.space, actor=actor or by)


def of(user_id: str) -> list[Membership]:
    """Return the spaces of an account: the personal one, then the others, oldest first."""
    query = (
        sa.select(Space, SpaceMember.role)
        .join(SpaceMember, SpaceMember.space_id == Space.id)
        .where(SpaceMember.user_id == user_id)
        .order_by(Space.type != "personal", Space.created_at, Space.id)
    )
    with read():
        return [Membership(row.Space, row.role) for row in db.session.execute(query)]


def get(space_id: str, *, by: Actor) -> tuple[Membership, list[Member]]:
    """Return a space and its members, longest membership first.

    Raises NoSuchSpace, also if `by` is not a member.
    """
    with read():
        return _membership(space_id, by), _members([space_id])[space_id]


def spaces(
    *,
    space_type: str | None = None,
    q: str | None = None,
    limit: int | None = 100,
    cursor: str | None = None,
) -> tuple[list[SpaceWithMembers], str | None]:
    """Return spaces with their members, newest first, and the cursor of the next page.

    `limit=None` returns all of them. `q` is part of a name or slug; case is ignored.
    """
    query = sa.select(Space)
    if space_type:
        query = query.where(Space.type == space_type)
    if q:
        folded = q.casefold()
        columns = (Space.folded_name, Space.slug)
        query = query.where(
            sa.or_(*(column.contains(folded, autoescape=True) for column in columns))
        )
    with read():
        rows, next_cursor = page(query, Space.id, limit=limit, cursor=cursor)
        members = _members(row.Space.id for row in rows)
    return [SpaceWithMembers(row.Space, members[row.Space.id]) for row in rows], next_cursor


def lock_actor(by: Actor) -> User:
    """Return the acting account, locked for the rest of the current transaction, so that it
    cannot be deleted. Raises Unauthorized if it has been deleted already."""
    user = users.lock(by.id)
    if user is None:
        raise Unauthorized
    return user


def lock_space(space_id: str, *, by: Actor) -> Membership:
    """Return a space as `by` sees it, locked for the rest of the current transaction.

    Raises NoSuchSpace, also if `by` is not a member.
    """
    lock_actor(by)
    lock_spaces(Space.id == space_id)
    return _membership(space_id, by)


def lock_spaces(condition: sa.ColumnElement[bool]) -> None:
    """Lock the rows of spaces, always in the same order, before reading what depends on them.

    Locking and reading in one statement is not enough: after waiting for the lock, it would see
    the other tables as they were before.
    """
    statement = sa.select(Space.id).where(condition).order_by(Space.id).with_for_update()
    db.session.execute(statement).all()


def delete_row(space: Space, *, actor: Actor) -> None:
    """Delete a space in the current transaction, and record it."""
    db.session.execute(sa.delete(Space).where(Space.id == space.id))
    audit.record("space.delete", actor=actor, target=Actor(space.id), before=audit_values(space))


def audit_values(space: Space) -> dict[str, Any]:
    """What the audit trail keeps of a space that is created or deleted."""
    return {"name": space.name, "slug": space.slug, "type": space.type}


def _membership(space_id: str, by: Actor) -> Membership:
    query = (
        sa.select(Space, SpaceMember.role)
        .join(SpaceMember, SpaceMember.space_id == Space.id)
        .where(Space.id == space_id, SpaceMember.user_id == by.id)
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NoSuchSpace
    return Membership(row.Space, row.role)


def _members(space_ids: Iterable[str]) -> dict[str, list[Member]]:
    """The members of each of these spaces, longest membership first."""
    members: dict[str, list[Member]] = {space_id: [] for space_id in space_ids}
    query = (
        sa.select(User, SpaceMember.space_id, SpaceMember.role)
        .join(SpaceMember, SpaceMember.user_id == User.id)
        .where(SpaceMember.space_id.in_(members))
        .order_by(SpaceMember.created_at, User.id)
    )
    for row in db.session.execute(query):
        members[row.space_id].append(Member(row.User, row.role))
    return members
