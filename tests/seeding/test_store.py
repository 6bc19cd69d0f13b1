"""Seeding spaces while others work on the same database: each says what came between."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event

from personas.audit import service as audit
from personas.audit.service import CLI
from personas.database.engine import db
from personas.persona import service as personas
from personas.seeding.catalog import SpaceEntry
from personas.seeding.personas import seed
from personas.seeding.spaces import Failed, SeededSpace, seed_spaces
from personas.seeding.store import Database
from tests.conftest import CreateApp
from tests.seeding.catalogs import entry

pytestmark = pytest.mark.usefixtures("app_ctx")

ZOE, ABE = "persona.zoe@mana.test", "persona.abe@mana.test"


@pytest.fixture
def app(make_app: CreateApp) -> Flask:
    """Not shared: a test listens to its engine."""
    return make_app()


@pytest.fixture
def place() -> Database:
    """With Zoe and Abe in it."""
    list(seed([entry("Zoe"), entry("Abe")], actor=CLI, dry_run=False))
    return Database(CLI)


def wanted(slug: str, *members: str) -> SpaceEntry:
    roles = dict.fromkeys(members, "member")
    return SpaceEntry(slug=slug, name=slug.title(), type="family", owner=ZOE, members=roles)


def seeding(place: Database, *spaces: SpaceEntry) -> Iterator[SeededSpace]:
    return seed_spaces(spaces, place, failed=(), prune=False, dry_run=False)


def test_it_is_recorded_as_the_command_line_s_work(place: Database) -> None:
    list(seeding(place, wanted("a", ABE)))
    recorded = {event.action: event.actor for event in audit.events()[0]}

    assert recorded == dict.fromkeys(
        ("persona.create", "space.create", "space.invite", "space.accept"), "cli"
    )


def test_a_slug_that_was_taken_meanwhile_fails_its_space_alone(place: Database) -> None:
    work = seeding(place, wanted("a"), wanted("b"), wanted("c"))
    first = next(work)
    place.create_space(replace(wanted("b"), owner=ABE))
    second, third = work

    assert [first.word, second.word, third.word] == ["created", "failed", "created"]
    assert second.reason == f"This space stays as it is: its owner is {ABE}, not {ZOE}."


def test_what_another_seed_made_meanwhile_is_unchanged(place: Database) -> None:
    spaces = wanted("a"), wanted("b", ABE), wanted("c", ABE)
    work = seeding(place, *spaces)
    first = next(work)
    list(seeding(place, *spaces))
    others = list(work)

    assert [each.word for each in (first, *others)] == ["created", "unchanged", "unchanged"]
    assert [member.word for each in others for member in each.members] == ["unchanged"] * 2


def test_a_persona_that_was_deleted_meanwhile_fails_its_membership_alone(place: Database) -> None:
    work = seeding(place, wanted("a"), wanted("b", ABE))
    next(work)
    abe = personas.find(ABE)
    assert abe is not None
    personas.delete(abe.user.id, actor=CLI)
    [second] = work

    assert second.word == "created"
    assert [(each.word, each.reason) for each in second.members] == [
        ("failed", "There is no such persona.")
    ]


def test_a_storage_that_takes_nothing_fails_each_space(place: Database) -> None:
    db.engine.dispose()
    event.listen(db.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    said = "The database cannot be reached or is locked. Try again in a moment."

    assert [one.reason for one in seeding(place, wanted("a"), wanted("b", ABE))] == [said, said]
    with pytest.raises(Failed, match="cannot be reached"):
        place.create_space(wanted("a"))
