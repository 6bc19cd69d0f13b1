"""Who stays in a space, who goes, and who owns it then. A shared space always has an owner."""

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.database.engine import db
from personas.database.session import write
from personas.http.problems import Conflict, NotFound
from personas.space import service
from personas.space.access import INVITED, heir, may
from personas.space.models import Space, SpaceInvitation, SpaceMember
from personas.space.service import Member, NotAllowed
from personas.user.models import User


class NoSuchMember(NotFound):
    """There is no such member of this space."""


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
    """Make a member an owner, admin or member (None: as before).

    Raises NoSuchSpace, NoSuchMember, NotAllowed, LastOwner.
    """
    with write():
        own_role = service.lock(space_id, by=by).role
        user, member = _member(space_id, user_id)
        if not may(own_role, "change roles"):
            raise NotAllowed
        if role not in (None, member.role):
            if member.role == "owner":
                _keep_an_owner(space_id, user_id)
            _assign(member, str(role), user.email, actor=actor or by)
            _withdraw(space_id, user_id, str(role))
    return Member(user, member.role)


def remove(space_id: str, user_id: str, *, by: Actor, actor: Actor | None = None) -> None:
    """Take a member out of a space; whoever is in it may leave.

    Raises NoSuchSpace, NoSuchMember, NotAllowed, LastOwner.
    """
    with write():
        own_role = service.lock(space_id, by=by).role
        user, member = _member(space_id, user_id)
        if not may(own_role, "leave" if user_id == by.id else f"remove {member.role}"):
            raise NotAllowed
        if member.role == "owner":
            _keep_an_owner(space_id, user_id)
        db.session.delete(member)
        _withdraw(space_id, user_id, None)
        audit.record(
            "space.remove",
            actor=actor or by,
            target=Actor(space_id, user.email),
            before={"email": user.email, "role": member.role},
        )


def forget(user: User, *, actor: Actor) -> None:
    """Take an account, locked, out of all spaces within the transaction at work, with what it was
    sent. What nobody is left in goes; what is left without an owner gets one.

    Its personal space and the invitations it issued go with its row.
    """
    memberships = sa.select(SpaceMember.space_id).where(SpaceMember.user_id == user.id)
    is_theirs = Space.id.in_(memberships) & (Space.type != "personal")
    service.hold(is_theirs)
    left = db.session.scalars(sa.select(Space).where(is_theirs)).all()
    db.session.execute(sa.delete(SpaceInvitation).where(SpaceInvitation.email == user.email))
    db.session.execute(sa.delete(SpaceMember).where(SpaceMember.user_id == user.id))
    for space in left:
        _pass_on(space, actor=actor)


def _pass_on(space: Space, *, actor: Actor) -> None:
    query = sa.select(SpaceMember, User.email).join(User, User.id == SpaceMember.user_id)
    query = query.where(SpaceMember.space_id == space.id)
    rows = db.session.execute(query.order_by(SpaceMember.created_at, SpaceMember.user_id)).all()
    if not rows:
        service.drop(space, actor=actor)
        return
    chosen = heir([(row.SpaceMember.user_id, row.SpaceMember.role) for row in rows])
    for row in rows:
        if row.SpaceMember.user_id == chosen:
            _assign(row.SpaceMember, "owner", row.email, actor=actor)


def _assign(member: SpaceMember, role: str, email: str, *, actor: Actor) -> None:
    audit.record(
        "space.role",
        actor=actor,
        target=Actor(member.space_id, email),
        before={"email": email, "role": member.role},
        after={"email": email, "role": role},
    )
    member.role = role


def _withdraw(space_id: str, user_id: str, role: str | None) -> None:
    """Take back what somebody has sent and, as what they are now, could not send any more."""
    lost = [each for each in INVITED if role is None or not may(role, f"invite {each}")]
    sent = sa.delete(SpaceInvitation).where(
        SpaceInvitation.space_id == space_id,
        SpaceInvitation.invited_by == user_id,
        SpaceInvitation.accepted_at.is_(None),
        SpaceInvitation.role.in_(lost),
    )
    db.session.execute(sent)


def _member(space_id: str, user_id: str) -> tuple[User, SpaceMember]:
    query = sa.select(User, SpaceMember).join(SpaceMember, SpaceMember.user_id == User.id)
    query = query.where(SpaceMember.space_id == space_id, SpaceMember.user_id == user_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NoSuchMember
    return row.User, row.SpaceMember


def _keep_an_owner(space_id: str, user_id: str) -> None:
    """Raise LastOwner unless somebody else is one; the space is locked."""
    other = sa.select(SpaceMember.user_id).where(
        SpaceMember.space_id == space_id,
        SpaceMember.role == "owner",
        SpaceMember.user_id != user_id,
    )
    if db.session.scalar(other.limit(1)) is None:
        raise LastOwner
