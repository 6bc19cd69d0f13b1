"""Change roles, remove members, and keep an owner in every shared space."""

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.database.engine import db
from personas.database.session import write
from personas.http.problems import Conflict, NotFound
from personas.space import service
from personas.space.access import INVITED, may, next_owner
from personas.space.models import Space, SpaceInvitation, SpaceMember
from personas.space.service import Member, NotAllowed
from personas.user.models import User


class NoSuchMember(NotFound):
    """This space has no such member."""


class LastOwner(Conflict):
    """This is the last owner. Make another member an owner first."""


def change_role(
    space_id: str,
    user_id: str,
    role: str | None = None,
    *,
    by: Actor,
    actor: Actor | None = None,
) -> Member:
    """Change the role of a member (None: no change).

    Raises NoSuchSpace, NoSuchMember, NotAllowed, LastOwner.
    """
    with write():
        own_role = service.lock_space(space_id, by=by).role
        user, member = _member(space_id, user_id)
        if not may(own_role, "change roles"):
            raise NotAllowed
        if role not in (None, member.role):
            if member.role == "owner":
                _require_another_owner(space_id, user_id)
            _set_role(member, str(role), user.email, actor=actor or by)
            _revoke_disallowed(space_id, user_id, str(role))
    return Member(user, member.role)


def remove(space_id: str, user_id: str, *, by: Actor, actor: Actor | None = None) -> None:
    """Remove a member from a space. Every member may remove itself: it leaves.

    Raises NoSuchSpace, NoSuchMember, NotAllowed, LastOwner.
    """
    with write():
        own_role = service.lock_space(space_id, by=by).role
        user, member = _member(space_id, user_id)
        if not may(own_role, "leave" if user_id == by.id else f"remove {member.role}"):
            raise NotAllowed
        if member.role == "owner":
            _require_another_owner(space_id, user_id)
        db.session.delete(member)
        _revoke_disallowed(space_id, user_id, None)
        audit.record(
            "space.remove",
            actor=actor or by,
            target=Actor(space_id, user.email),
            before={"email": user.email, "role": member.role},
        )


def leave_all_spaces(user: User, *, actor: Actor) -> None:
    """Remove a locked account from all shared spaces and delete the invitations it received, in
    the current transaction. Spaces without members are deleted; spaces without an owner get one.

    Its personal space and the invitations it sent are deleted with its row, by the database.
    """
    memberships = sa.select(SpaceMember.space_id).where(SpaceMember.user_id == user.id)
    is_shared = Space.id.in_(memberships) & (Space.type != "personal")
    service.lock_spaces(is_shared)
    spaces = db.session.scalars(sa.select(Space).where(is_shared)).all()
    db.session.execute(sa.delete(SpaceInvitation).where(SpaceInvitation.email == user.email))
    db.session.execute(sa.delete(SpaceMember).where(SpaceMember.user_id == user.id))
    for space in spaces:
        _ensure_owner(space, actor=actor)


def _ensure_owner(space: Space, *, actor: Actor) -> None:
    """Give a space an owner if it has none, or delete it if it has no members."""
    query = sa.select(SpaceMember, User.email).join(User, User.id == SpaceMember.user_id)
    query = query.where(SpaceMember.space_id == space.id)
    rows = db.session.execute(query.order_by(SpaceMember.created_at, SpaceMember.user_id)).all()
    if not rows:
        service.delete_row(space, actor=actor)
        return
    new_owner = next_owner([(row.SpaceMember.user_id, row.SpaceMember.role) for row in rows])
    for row in rows:
        if row.SpaceMember.user_id == new_owner:
            _set_role(row.SpaceMember, "owner", row.email, actor=actor)


def _set_role(member: SpaceMember, role: str, email: str, *, actor: Actor) -> None:
    audit.record(
        "space.role",
        actor=actor,
        target=Actor(member.space_id, email),
        before={"email": email, "role": member.role},
        after={"email": email, "role": role},
    )
    member.role = role


def _revoke_disallowed(space_id: str, user_id: str, role: str | None) -> None:
    """Revoke the invitations of an account that its new role (None: no member) may not send."""
    disallowed = [
        invited for invited in INVITED if role is None or not may(role, f"invite {invited}")
    ]
    statement = sa.delete(SpaceInvitation).where(
        SpaceInvitation.space_id == space_id,
        SpaceInvitation.invited_by == user_id,
        SpaceInvitation.accepted_at.is_(None),
        SpaceInvitation.role.in_(disallowed),
    )
    db.session.execute(statement)


def _member(space_id: str, user_id: str) -> tuple[User, SpaceMember]:
    query = sa.select(User, SpaceMember).join(SpaceMember, SpaceMember.user_id == User.id)
    query = query.where(SpaceMember.space_id == space_id, SpaceMember.user_id == user_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NoSuchMember
    return row.User, row.SpaceMember


def _require_another_owner(space_id: str, user_id: str) -> None:
    """Raise LastOwner unless another member is an owner. The space must be locked."""
    other = sa.select(SpaceMember.user_id).where(
        SpaceMember.space_id == space_id,
        SpaceMember.role == "owner",
        SpaceMember.user_id != user_id,
    )
    if db.session.scalar(other.limit(1)) is None:
        raise LastOwner
