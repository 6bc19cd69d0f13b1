"""Spaces on both databases when several accounts act at the same time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.audit.service import CLI, Actor
from personas.auth import service as auth
from personas.database.engine import db
from personas.database.session import read
from personas.http.problems import Problem
from personas.space import create, invitation, member, service
from personas.space.models import Space, SpaceInvitation, SpaceMember
from personas.user.stamp import Stamp
from tests.people import PASSWORD

VERIFIED = Stamp(email_verified=True)


@pytest.fixture
def database(shared_database: Flask) -> Flask:
    """These tests change only rows, not the schema."""
    return shared_database


@pytest.fixture
def create_account(database: Flask) -> Iterator[Callable[[str], Actor]]:
    """Register an account in the test's database: `create_account("ann")`."""

    def make(name: str) -> Actor:
        email = f"{name}@example.org"
        return Actor(auth.register(email, PASSWORD, stamp=VERIFIED).user.id, email)

    with database.app_context():
        yield make


def join(space_id: str, owner: Actor, account: Actor, role: str = "member") -> None:
    invited = invitation.invite(space_id, str(account.email), "member", by=owner)
    invitation.accept(invited.id, by=account)
    if role != "member":
        member.change_role(space_id, account.id, role, by=owner)


def owned_by_two(create_account: Callable[[str], Actor], attempt: int) -> tuple[str, Actor, Actor]:
    """The id of a new space, and its two owners."""
    ann, ben = create_account(f"ann{attempt}"), create_account(f"ben{attempt}")
    space_id = create.create("Us", "club", by=ann).space.id
    join(space_id, ann, ben, "owner")
    return space_id, ann, ben


def at_once(app: Flask, *actions: Callable[[], object]) -> list[str]:
    """Run all actions at the same time; return what each raised, sorted, `""` for a success."""
    start = Barrier(len(actions))

    def run(action: Callable[[], object]) -> str:
        with app.app_context():
            start.wait()
            try:
                action()
            except Problem as problem:
                return type(problem).__name__
            return ""

    with ThreadPoolExecutor(len(actions)) as pool:
        return sorted(pool.map(run, actions))


def roles(space_id: str) -> list[str]:
    query = sa.select(SpaceMember.role).where(SpaceMember.space_id == space_id)
    with read():
        return sorted(db.session.scalars(query))


def exists(space_id: str) -> bool:
    with read():
        return db.session.get(Space, space_id) is not None


def test_equal_names_registered_at_once_get_numbered_slugs(database: Flask) -> None:
    def register(number: int) -> Callable[[], object]:
        return lambda: auth.register(f"ann@example{number}.org", PASSWORD)

    with database.app_context():
        raised = at_once(database, *(register(number) for number in range(6)))

        slugs = {entry.space.slug for entry in service.spaces()[0]}
    assert raised == [""] * 6
    assert slugs == {"ann", *(f"ann-{number}" for number in range(2, 7))}


def test_one_owner_remains_when_two_leave_at_once(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    for attempt in range(5):
        space_id, ann, ben = owned_by_two(create_account, attempt)

        raised = at_once(
            database,
            partial(member.remove, space_id, ann.id, by=ann),
            partial(member.remove, space_id, ben.id, by=ben),
        )

        assert raised == ["", "LastOwner"]
        assert roles(space_id) == ["owner"]


def test_one_owner_remains_when_one_leaves_and_demotes_the_other(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    for attempt in range(5):
        space_id, ann, ben = owned_by_two(create_account, attempt)

        raised = at_once(
            database,
            partial(member.remove, space_id, ann.id, by=ann),
            partial(member.change_role, space_id, ben.id, "member", by=ann),
        )

        # depends on the order: ann is the last owner, or no longer a member
        assert raised in (["", "LastOwner"], ["", "NoSuchSpace"])
        assert roles(space_id).count("owner") == 1


def test_the_remaining_member_becomes_owner_when_both_owners_are_deleted(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    for attempt in range(5):
        space_id, ann, ben = owned_by_two(create_account, attempt)
        cat = create_account(f"cat{attempt}")
        join(space_id, ann, cat)

        raised = at_once(
            database,
            partial(auth.delete_account, ann.id, is_persona=False, actor=CLI),
            partial(auth.delete_account, ben.id, is_persona=False, actor=CLI),
        )

        assert raised == ["", ""]
        assert roles(space_id) == ["owner"]


def test_deleting_all_members_at_once_deletes_the_space(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    for attempt in range(3):
        ann, *others = (create_account(f"{name}{attempt}") for name in ("ann", "ben", "cat"))
        space_id = create.create("Us", "club", by=ann).space.id
        for other in others:
            join(space_id, ann, other)

        raised = at_once(
            database,
            partial(auth.delete_account, ann.id, is_persona=False, actor=CLI),
            partial(auth.delete_account, others[0].id, is_persona=False, actor=CLI),
            partial(auth.delete_account, others[1].id, is_persona=False, actor=CLI),
        )

        assert raised == ["", "", ""]
        assert not exists(space_id)


def test_an_invitation_accepted_concurrently_is_accepted_once(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    ann, ben = create_account("ann"), create_account("ben")
    space_id = create.create("Us", "club", by=ann).space.id
    invited = invitation.invite(space_id, "ben@example.org", "member", by=ann)

    raised = at_once(database, *[partial(invitation.accept, invited.id, by=ben)] * 4)

    assert raised == ["", "SpentInvitation", "SpentInvitation", "SpentInvitation"]
    assert roles(space_id) == ["member", "owner"]


def test_concurrent_invitations_for_an_email_become_one(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    ann, ben = create_account("ann"), create_account("ben")
    space_id = create.create("Us", "club", by=ann).space.id
    join(space_id, ann, ben, "admin")

    raised = at_once(
        database,
        *[partial(invitation.invite, space_id, "cat@example.org", "member", by=ann)] * 2,
        *[partial(invitation.invite, space_id, "cat@example.org", "member", by=ben)] * 2,
    )

    assert raised == [""] * 4
    with read():
        query = sa.select(SpaceInvitation).where(SpaceInvitation.email == "cat@example.org")
        assert len(db.session.scalars(query).all()) == 1


def test_an_account_that_acts_while_it_is_deleted_is_refused(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    """And nothing of it remains: no member, no invitation and no space without an owner."""
    for attempt in range(5):
        ann, ben = create_account(f"ann{attempt}"), create_account(f"ben{attempt}")
        space_id = create.create("Us", "club", by=ann).space.id
        invited = invitation.invite(space_id, str(ben.email), "member", by=ann)

        raised = at_once(
            database,
            partial(auth.delete_account, ann.id, is_persona=False, actor=CLI),
            partial(auth.delete_account, ben.id, is_persona=False, actor=CLI),
            partial(invitation.accept, invited.id, by=ben),
            partial(invitation.invite, space_id, "eve@example.org", "admin", by=ann),
            partial(create.create, "Mine", "club", by=ann),
        )

        assert set(raised) <= {"", "Unauthorized", "NoSuchInvitation"}
        assert service.spaces()[0] == []
        with read():
            for table in (SpaceMember, SpaceInvitation):
                assert db.session.scalars(sa.select(table)).all() == []


def test_accepting_an_invitation_while_its_space_is_deleted_leaves_no_member(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    for attempt in range(5):
        ann, ben = create_account(f"ann{attempt}"), create_account(f"ben{attempt}")
        space_id = create.create("Us", "club", by=ann).space.id
        invited = invitation.invite(space_id, str(ben.email), "member", by=ann)

        raised = at_once(
            database,
            partial(service.delete, space_id, by=ann),
            partial(invitation.accept, invited.id, by=ben),
        )

        assert raised in (["", ""], ["", "NoSuchInvitation"])
        assert not exists(space_id)
        assert roles(space_id) == []


def test_an_invitation_is_accepted_or_gone_when_its_sender_is_deleted(
    database: Flask, create_account: Callable[[str], Actor]
) -> None:
    """The sender has left the space, so that deleting the sender does not wait for it."""
    for attempt in range(10):
        ann, ben, cat = (create_account(f"{name}{attempt}") for name in ("ann", "ben", "cat"))
        space_id = create.create("Us", "club", by=ann).space.id
        join(space_id, ann, ben, "admin")
        invited = invitation.invite(space_id, str(cat.email), "member", by=ben)
        member.remove(space_id, ben.id, by=ben)

        raised = at_once(
            database,
            partial(auth.delete_account, ben.id, is_persona=False, actor=CLI),
            partial(invitation.accept, invited.id, by=cat),
        )

        assert raised in (["", ""], ["", "NoSuchInvitation"])
        assert roles(space_id) == (["member", "owner"] if raised == ["", ""] else ["owner"])
