"""Spaces as rows: find, list, rename, delete.

In all of `space`, `by` is the account whose role decides, `actor` whom the audit trail names (that
account, unless somebody acts in its name). A change locks the account, then the space: whoever
deletes an account does the same, so that neither waits for the other in a circle.
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
    """There is no such space, or you are not in it."""


class NotAllowed(Forbidden):
    """Your role in this space does not allow this."""


class PersonalSpace(Conflict):
    """This is somebody's personal space: it has one member and goes with the account."""


@dataclass(frozen=True)
class Membership:
    """A space as one account sees it."""

    space: Space
    role: str


@dataclass(frozen=True)
class Member:
    """An account as it stands in one space."""

    user: User
    role: str


@dataclass(frozen=True)
class Staffed:
    """A space and all who are in it."""

    space: Space
    members: list[Member]


def rename(
    space_id: str, name: str | None = None, *, by: Actor, actor: Actor | None = None
) -> Membership:
    """Give a space another name (None: it keeps its own). Raises NoSuchSpace, NotAllowed."""
    with write():
        found = lock(space_id, by=by)
        space = found.space
        if not may(found.role, "rename"):
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
    return found


def delete(space_id: str, *, by: Actor, actor: Actor | None = None) -> None:
    """Delete a shared space, its memberships and invitations.

    Raises NoSuchSpace, NotAllowed, PersonalSpace.
    """
    with write():
        found = lock(space_id, by=by)
        if not may(found.role, "delete"):
            raise NotAllowed
        if found.space.type == "personal":
            raise PersonalSpace
        drop(found.space, actor=actor or by)


def of(user_id: str) -> list[Membership]:
    """The spaces of an account: its personal one, then the others, the oldest first."""
    query = (
        sa.select(Space, SpaceMember.role)
        .join(SpaceMember, SpaceMember.space_id == Space.id)
        .where(SpaceMember.user_id == user_id)
        .order_by(Space.type != "personal", Space.created_at, Space.id)
    )
    with read():
        return [Membership(row.Space, row.role) for row in db.session.execute(query)]


def get(space_id: str, *, by: Actor) -> tuple[Membership, list[Member]]:
    """A space and who is in it, the longest there first. Raises NoSuchSpace for a stranger."""
    with read():
        return _membership(space_id, by), _members([space_id])[space_id]


def spaces(
    *,
    space_type: str | None = None,
    q: str | None = None,
    limit: int | None = 100,
    cursor: str | None = None,
) -> tuple[list[Staffed], str | None]:
    """All spaces with their members, the newest first (`limit=None`: all of them), and the cursor
    of the next page. `q` is part of a name or slug, in any case."""
    query = sa.select(Space)
    if space_type:
        query = query.where(Space.type == space_type)
    if q:
        sought = q.casefold()
        columns = (Space.folded_name, Space.slug)
        query = query.where(
            sa.or_(*(column.contains(sought, autoescape=True) for column in columns))
        )
    with read():
        rows, next_cursor = page(query, Space.id, limit=limit, cursor=cursor)
        members = _members(row.Space.id for row in rows)
    return [Staffed(row.Space, members[row.Space.id]) for row in rows], next_cursor


def enter(by: Actor) -> User:
    """The account that acts, locked within the transaction at work: nobody deletes it meanwhile.
    Raises Unauthorized where somebody has."""
    user = users.lock(by.id)
    if user is None:
        raise Unauthorized
    return user


def lock(space_id: str, *, by: Actor) -> Membership:
    """The space as `by` sees it, for the rest of the transaction at work ours alone to change.
    Raises NoSuchSpace for a stranger."""
    enter(by)
    hold(Space.id == space_id)
    return _membership(space_id, by)


def hold(which: sa.ColumnElement[bool]) -> None:
    """Lock the rows of these spaces, in one order for all, before what depends on them is read: a
    statement that had to wait would see the other tables as they were."""
    held = sa.select(Space.id).where(which).order_by(Space.id).with_for_update()
    db.session.execute(held).all()


def drop(space: Space, *, actor: Actor) -> None:
    """Delete a space within the transaction at work."""
    db.session.execute(sa.delete(Space).where(Space.id == space.id))
    audit.record("space.delete", actor=actor, target=Actor(space.id), before=facts(space))


def facts(space: Space) -> dict[str, Any]:
    """What the audit trail keeps of a space that comes or goes."""
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
    """Who is in each of these spaces, the longest there first."""
    found: dict[str, list[Member]] = {space_id: [] for space_id in space_ids}
    query = (
        sa.select(User, SpaceMember.space_id, SpaceMember.role)
        .join(SpaceMember, SpaceMember.user_id == User.id)
        .where(SpaceMember.space_id.in_(found))
        .order_by(SpaceMember.created_at, User.id)
    )
    for row in db.session.execute(query):
        found[row.space_id].append(Member(row.User, row.role))
    return found
