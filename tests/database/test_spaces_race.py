"""What stays true of spaces, on both databases, when several people act at once."""

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
    """Rows alone change here, not the schema."""
    return shared_database


@pytest.fixture
def people(database: Flask) -> Iterator[Callable[[str], Actor]]:
    """Make an account on the database at work: `people("ann")`."""

    def make(name: str) -> Actor:
        email = f"{name}@example.org"
        return Actor(auth.register(email, PASSWORD, stamp=VERIFIED).user.id, email)

    with database.app_context():
        yield make


def join(space_id: str, owner: Actor, account: Actor, role: str = "member") -> None:
    kept = invitation.invite(space_id, str(account.email), "member", by=owner)
    invitation.accept(kept.id, by=account)
    if role != "member":
        member.change_role(space_id, account.id, role, by=owner)


def owned_by_two(people: Callable[[str], Actor], turn: int) -> tuple[str, Actor, Actor]:
    """The id of a space, and its owners, new in each turn."""
    ann, ben = people(f"ann{turn}"), people(f"ben{turn}")
    space_id = create.create("Us", "club", by=ann).space.id
    join(space_id, ann, ben, "owner")
    return space_id, ann, ben


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Do all of it at the same time; answer what was raised, sorted, `""` for what succeeded."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        with app.app_context():
            start.wait()
            try:
                act()
            except Problem as problem:
                return type(problem).__name__
            return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def roles(space_id: str) -> list[str]:
    query = sa.select(SpaceMember.role).where(SpaceMember.space_id == space_id)
    with read():
        return sorted(db.session.scalars(query))


def exists(space_id: str) -> bool:
    with read():
        return db.session.get(Space, space_id) is not None


def test_namesakes_who_register_at_once_are_numbered(database: Flask) -> None:
    def register(number: int) -> Callable[[], object]:
        return lambda: auth.register(f"ann@example{number}.org", PASSWORD)

    with database.app_context():
        raised = at_once(database, *(register(number) for number in range(6)))

        slugs = {found.space.slug for found in service.spaces()[0]}
    assert raised == [""] * 6
    assert slugs == {"ann", *(f"ann-{number}" for number in range(2, 7))}


def test_of_two_owners_who_leave_at_once_one_stays(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    for turn in range(5):
        space_id, ann, ben = owned_by_two(people, turn)

        raised = at_once(
            database,
            partial(member.remove, space_id, ann.id, by=ann),
            partial(member.remove, space_id, ben.id, by=ben),
        )

        assert raised == ["", "LastOwner"]
        assert roles(space_id) == ["owner"]


def test_an_owner_who_leaves_while_the_other_is_demoted_leaves_one(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    for turn in range(5):
        space_id, ann, ben = owned_by_two(people, turn)

        raised = at_once(
            database,
            partial(member.remove, space_id, ann.id, by=ann),
            partial(member.change_role, space_id, ben.id, "member", by=ann),
        )

        # by who came first: the last owner, or somebody who is no longer there
        assert raised in (["", "LastOwner"], ["", "NoSuchSpace"])
        assert roles(space_id).count("owner") == 1


def test_two_owners_deleted_at_once_leave_the_space_to_who_remains(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    for turn in range(5):
        space_id, ann, ben = owned_by_two(people, turn)
        cat = people(f"cat{turn}")
        join(space_id, ann, cat)

        raised = at_once(
            database,
            partial(auth.delete_account, ann.id, persona=False, actor=CLI),
            partial(auth.delete_account, ben.id, persona=False, actor=CLI),
        )

        assert raised == ["", ""]
        assert roles(space_id) == ["owner"]


def test_all_members_deleted_at_once_leave_no_space(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    for turn in range(3):
        ann, *others = (people(f"{name}{turn}") for name in ("ann", "ben", "cat"))
        space_id = create.create("Us", "club", by=ann).space.id
        for other in others:
            join(space_id, ann, other)

        raised = at_once(
            database,
            partial(auth.delete_account, ann.id, persona=False, actor=CLI),
            partial(auth.delete_account, others[0].id, persona=False, actor=CLI),
            partial(auth.delete_account, others[1].id, persona=False, actor=CLI),
        )

        assert raised == ["", "", ""]
        assert not exists(space_id)


def test_an_invitation_accepted_twice_at_once_is_accepted_once(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    ann, ben = people("ann"), people("ben")
    space_id = create.create("Us", "club", by=ann).space.id
    kept = invitation.invite(space_id, "ben@example.org", "member", by=ann)

    raised = at_once(database, *[partial(invitation.accept, kept.id, by=ben)] * 4)

    assert raised == ["", "SpentInvitation", "SpentInvitation", "SpentInvitation"]
    assert roles(space_id) == ["member", "owner"]


def test_invited_four_times_at_once_is_invited_once(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    ann, ben = people("ann"), people("ben")
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


def test_who_acts_while_being_deleted_hears_so(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    """And leaves nothing: not a member, an invitation, nor a space that nobody owns."""
    for turn in range(5):
        ann, ben = people(f"ann{turn}"), people(f"ben{turn}")
        space_id = create.create("Us", "club", by=ann).space.id
        kept = invitation.invite(space_id, str(ben.email), "member", by=ann)

        raised = at_once(
            database,
            partial(auth.delete_account, ann.id, persona=False, actor=CLI),
            partial(auth.delete_account, ben.id, persona=False, actor=CLI),
            partial(invitation.accept, kept.id, by=ben),
            partial(invitation.invite, space_id, "eve@example.org", "admin", by=ann),
            partial(create.create, "Mine", "club", by=ann),
        )

        assert set(raised) <= {"", "Unauthorized", "NoSuchInvitation"}
        assert service.spaces()[0] == []
        with read():
            for table in (SpaceMember, SpaceInvitation):
                assert db.session.scalars(sa.select(table)).all() == []


def test_an_invitation_accepted_while_its_space_goes_leads_nowhere_or_there(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    for turn in range(5):
        ann, ben = people(f"ann{turn}"), people(f"ben{turn}")
        space_id = create.create("Us", "club", by=ann).space.id
        kept = invitation.invite(space_id, str(ben.email), "member", by=ann)

        raised = at_once(
            database,
            partial(service.delete, space_id, by=ann),
            partial(invitation.accept, kept.id, by=ben),
        )

        assert raised in (["", ""], ["", "NoSuchInvitation"])
        assert not exists(space_id)
        assert roles(space_id) == []


def test_an_invitation_accepted_while_who_sent_it_goes_leads_nowhere_or_there(
    database: Flask, people: Callable[[str], Actor]
) -> None:
    """The sender has left the space, so that deleting him does not wait for it."""
    for turn in range(10):
        ann, ben, cat = (people(f"{name}{turn}") for name in ("ann", "ben", "cat"))
        space_id = create.create("Us", "club", by=ann).space.id
        join(space_id, ann, ben, "admin")
        kept = invitation.invite(space_id, str(cat.email), "member", by=ben)
        member.remove(space_id, ben.id, by=ben)

        raised = at_once(
            database,
            partial(auth.delete_account, ben.id, persona=False, actor=CLI),
            partial(invitation.accept, kept.id, by=cat),
        )

        assert raised in (["", ""], ["", "NoSuchInvitation"])
        assert roles(space_id) == (["member", "owner"] if raised == ["", ""] else ["owner"])
