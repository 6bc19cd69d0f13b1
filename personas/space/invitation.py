"""Invitations to a space. Each is for one e-mail, which an account must verify to accept it."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.database import clock
from personas.database.engine import db
from personas.database.session import read, write
from personas.database.types import new_id
from personas.http.problems import Conflict, Forbidden, NotFound
from personas.space import service
from personas.space.access import may
from personas.space.models import Space, SpaceInvitation, SpaceMember
from personas.space.service import Membership, NotAllowed, PersonalSpace
from personas.user.models import User

LIFETIME = timedelta(days=7)
MAX_LISTED = 1000  # open invitations of one account in an answer


class NoSuchInvitation(NotFound):
    """There is no such invitation, or it is for another e-mail."""


class AlreadyMember(Conflict):
    """This account is already a member of the space."""


class Unverified(Forbidden):
    """Confirm your e-mail first. An invitation can only be accepted with a verified e-mail."""


class SpentInvitation(Conflict):
    """This invitation has been accepted or has expired."""


@dataclass(frozen=True)
class InvitationWithSpace:
    """An invitation, and its space as the new member would see it."""

    invitation: SpaceInvitation
    space: Membership


def invite(
    space_id: str, email: str, role: str, *, by: Actor, actor: Actor | None = None
) -> SpaceInvitation:
    """Invite a canonical e-mail for seven days. An open invitation is renewed: it keeps its id
    and gets the new `role`.

    Raises NoSuchSpace, NotAllowed, PersonalSpace, AlreadyMember.
    """
    with write():
        membership = service.lock_space(space_id, by=by)
        query = _select_open(space_id).where(SpaceInvitation.email == email)
        existing = db.session.scalar(query)
        roles = {role, existing.role} if existing else {role}
        if not all(may(membership.role, f"invite {invited}") for invited in roles):
            raise NotAllowed
        if membership.space.type == "personal":
            raise PersonalSpace
        _require_no_member(space_id, email)
        invitation = existing or SpaceInvitation(id=new_id(), space_id=space_id, email=email)
        invitation.role, invitation.invited_by = role, by.id
        invitation.expires_at = clock.now() + LIFETIME
        db.session.add(invitation)
        _record("space.invite", invitation, after={"role": role}, actor=actor or by)
    return invitation


def revoke(space_id: str, invitation_id: str, *, by: Actor, actor: Actor | None = None) -> None:
    """Revoke an invitation. Raises NoSuchSpace, NoSuchInvitation (also if it has been accepted),
    NotAllowed."""
    with write():
        membership = service.lock_space(space_id, by=by)
        query = _select_open(space_id).where(SpaceInvitation.id == invitation_id)
        invitation = db.session.scalar(query)
        if invitation is None:
            raise NoSuchInvitation
        if not may(membership.role, f"invite {invitation.role}"):
            raise NotAllowed
        db.session.delete(invitation)
        _record("space.revoke", invitation, before={"role": invitation.role}, actor=actor or by)


def of(user: User) -> list[InvitationWithSpace]:
    """Return the open invitations of an account, newest first and at most 1000. It has none until
    its e-mail is verified."""
    if not user.email_verified:
        return []
    query = (
        sa.select(SpaceInvitation, Space)
        .join(Space, Space.id == SpaceInvitation.space_id)
        .where(
            SpaceInvitation.email == user.email,
            SpaceInvitation.accepted_at.is_(None),
            SpaceInvitation.expires_at > clock.now(),
        )
        .order_by(SpaceInvitation.id.desc())
        .limit(MAX_LISTED)
    )
    with read():
        rows = db.session.execute(query).all()
    return [
        InvitationWithSpace(row.SpaceInvitation, Membership(row.Space, row.SpaceInvitation.role))
        for row in rows
    ]


def accept(invitation_id: str, *, by: Actor, actor: Actor | None = None) -> Membership:
    """Join the space of an invitation.

    Raises NoSuchInvitation (also if it is for another e-mail), Unverified, SpentInvitation.
    """
    with write():
        user = service.lock_actor(by)
        is_own = (SpaceInvitation.id == invitation_id, SpaceInvitation.email == user.email)
        # lock the space first, as revoking an invitation and deleting a space do
        service.lock_spaces(Space.id.in_(sa.select(SpaceInvitation.space_id).where(*is_own)))
        query = sa.select(SpaceInvitation).where(*is_own).with_for_update()
        invitation = db.session.scalar(query)
        if invitation is None:
            raise NoSuchInvitation
        if not user.email_verified:
            raise Unverified
        now = clock.now()
        if invitation.accepted_at is not None or invitation.expires_at <= now:
            raise SpentInvitation
        invitation.accepted_at = now
        space_id, role = invitation.space_id, invitation.role
        db.session.add(SpaceMember(space_id=space_id, user_id=user.id, role=role, created_at=now))
        _record("space.accept", invitation, after={"role": role}, actor=actor or by)
        space = db.session.get_one(Space, space_id)
    return Membership(space, role)


def _select_open(space_id: str) -> sa.Select[SpaceInvitation]:
    """Select and lock the invitations of a space that nobody has accepted; they may have expired.

    Locking the space is not enough: deleting an account that has left the space also deletes the
    invitations it sent, without locking the space.
    """
    return (
        sa.select(SpaceInvitation)
        .where(SpaceInvitation.space_id == space_id, SpaceInvitation.accepted_at.is_(None))
        .with_for_update()
    )


def _require_no_member(space_id: str, email: str) -> None:
    query = sa.select(User.id).join(SpaceMember, SpaceMember.user_id == User.id)
    query = query.where(SpaceMember.space_id == space_id, User.email == email)
    if db.session.scalar(query) is not None:
        raise AlreadyMember


def _record(
    action: str,
    invitation: SpaceInvitation,
    *,
    actor: Actor,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """Record an event with the invited e-mail in its values, so that it appears in answers."""
    email = invitation.email
    audit.record(
        action,
        actor=actor,
        target=Actor(invitation.space_id, email),
        before=before and {"email": email, **before},
        after=after and {"email": email, **after},
    )
