"""Invitations: a place in a space, kept for whoever proves to have an e-mail."""

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
MOST = 1000  # of one e-mail that are shown at a time


class NoSuchInvitation(NotFound):
    """There is no such invitation, or it is not for you."""


class AlreadyMember(Conflict):
    """This account is a member already."""


class Unverified(Forbidden):
    """Confirm your e-mail first: the invitation is for whoever has this mailbox."""


class SpentInvitation(Conflict):
    """This invitation has been accepted or has expired."""


@dataclass(frozen=True)
class Invited:
    """An invitation and the space it leads to."""

    invitation: SpaceInvitation
    space: Membership


def invite(
    space_id: str, email: str, role: str, *, by: Actor, actor: Actor | None = None
) -> SpaceInvitation:
    """Keep a place for a canonical e-mail for seven days; a place that is kept already is kept
    anew, under the same id, and as `role`.

    Raises NoSuchSpace, NotAllowed, PersonalSpace, AlreadyMember.
    """
    with write():
        found = service.lock(space_id, by=by)
        kept = db.session.scalar(_open(SpaceInvitation.email == email, space_id=space_id))
        roles = {role, kept.role} if kept else {role}
        if not all(may(found.role, f"invite {each}") for each in roles):
            raise NotAllowed
        if found.space.type == "personal":
            raise PersonalSpace
        _refuse_a_member(space_id, email)
        invitation = kept or SpaceInvitation(id=new_id(), space_id=space_id, email=email)
        invitation.role, invitation.invited_by = role, by.id
        invitation.expires_at = clock.now() + LIFETIME
        db.session.add(invitation)
        _record("space.invite", invitation, after={"role": role}, actor=actor or by)
    return invitation


def revoke(space_id: str, invitation_id: str, *, by: Actor, actor: Actor | None = None) -> None:
    """Take an invitation back. Raises NoSuchSpace, NoSuchInvitation (also for one that has been
    accepted), NotAllowed."""
    with write():
        found = service.lock(space_id, by=by)
        kept = db.session.scalar(_open(SpaceInvitation.id == invitation_id, space_id=space_id))
        if kept is None:
            raise NoSuchInvitation
        if not may(found.role, f"invite {kept.role}"):
            raise NotAllowed
        db.session.delete(kept)
        _record("space.revoke", kept, before={"role": kept.role}, actor=actor or by)


def of(user: User) -> list[Invited]:
    """The open invitations of an account whose e-mail is verified, the newest first and at most
    1000; else none."""
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
        .limit(MOST)
    )
    with read():
        rows = db.session.execute(query).all()
    return [
        Invited(row.SpaceInvitation, Membership(row.Space, row.SpaceInvitation.role))
        for row in rows
    ]


def accept(invitation_id: str, *, by: Actor, actor: Actor | None = None) -> Membership:
    """Join the space that an invitation leads to.

    Raises NoSuchInvitation for one to another e-mail, Unverified, SpentInvitation.
    """
    with write():
        user = service.enter(by)
        is_theirs = (SpaceInvitation.id == invitation_id, SpaceInvitation.email == user.email)
        # the space first: whoever revokes the invitation, or deletes the space, holds that
        service.hold(Space.id.in_(sa.select(SpaceInvitation.space_id).where(*is_theirs)))
        found = db.session.scalar(sa.select(SpaceInvitation).where(*is_theirs).with_for_update())
        if found is None:
            raise NoSuchInvitation
        if not user.email_verified:
            raise Unverified
        now = clock.now()
        if found.accepted_at is not None or found.expires_at <= now:
            raise SpentInvitation
        found.accepted_at = now
        db.session.add(
            SpaceMember(space_id=found.space_id, user_id=user.id, role=found.role, created_at=now)
        )
        _record("space.accept", found, after={"role": found.role}, actor=actor or by)
        space = db.session.get_one(Space, found.space_id)
    return Membership(space, found.role)


def _open(*which: sa.ColumnElement[bool], space_id: str) -> sa.Select[SpaceInvitation]:
    """Those of a space that nobody has accepted, locked: whoever deletes an account that has left
    the space takes its invitations along, and does not hold the space. They may have expired."""
    is_open = (SpaceInvitation.space_id == space_id, SpaceInvitation.accepted_at.is_(None))
    return sa.select(SpaceInvitation).where(*which, *is_open).with_for_update()


def _refuse_a_member(space_id: str, email: str) -> None:
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
    """Whom it is for stands with what is said, so that an answer shows it."""
    target = Actor(invitation.space_id, invitation.email)
    told = [said and {"email": invitation.email, **said} for said in (before, after)]
    audit.record(action, actor=actor, target=target, before=told[0], after=told[1])
