"""Seeding spaces while others change the same database: each result says what happened."""

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
from personas.seeding.database_store import DatabaseStore
from personas.seeding.parallel_put import put_entries
from personas.seeding.spaces import SpaceResult, seed_spaces
from personas.seeding.store import SeedingError
from tests.conftest import CreateApp
from tests.seeding.catalogs import entry

pytestmark = pytest.mark.usefixtures("app_ctx")

ZOE, ABE = "persona.zoe@mana.test", "persona.abe@mana.test"


@pytest.fixture
def app(make_app: CreateApp) -> Flask:
    """An application of its own, because one of these tests changes its connections."""
    return make_app()


@pytest.fixture
def store() -> DatabaseStore:
    """With Zoe and Abe in it."""
    list(put_entries([entry("Zoe"), entry("Abe")], actor=CLI, dry_run=False))
    return DatabaseStore(CLI)


def family(slug: str, *members: str) -> SpaceEntry:
    roles = dict.fromkeys(members, "member")
    return SpaceEntry(slug=slug, name=slug.title(), type="family", owner=ZOE, members=roles)


def seeding(store: DatabaseStore, *spaces: SpaceEntry) -> Iterator[SpaceResult]:
    return seed_spaces(spaces, store, failed=(), prune=False, dry_run=False)


def test_the_audit_trail_names_the_actor_of_the_store(store: DatabaseStore) -> None:
    list(seeding(store, family("a", ABE)))
    recorded = {event.action: event.actor for event in audit.events()[0]}

    assert recorded == dict.fromkeys(
        ("persona.create", "space.create", "space.invite", "space.accept"), "cli"
    )


def test_a_slug_taken_in_the_meantime_fails_only_its_space(store: DatabaseStore) -> None:
    work = seeding(store, family("a"), family("b"), family("c"))
    first = next(work)
    store.create_space(replace(family("b"), owner=ABE))
    second, third = work

    assert [first.outcome, second.outcome, third.outcome] == ["created", "failed", "created"]
    assert second.reason == f"This space is not changed: its owner is {ABE}, not {ZOE}."


def test_spaces_that_another_seed_created_are_unchanged(store: DatabaseStore) -> None:
    spaces = family("a"), family("b", ABE), family("c", ABE)
    work = seeding(store, *spaces)
    first = next(work)
    list(seeding(store, *spaces))
    others = list(work)

    assert [each.outcome for each in (first, *others)] == ["created", "unchanged", "unchanged"]
    assert [member.outcome for each in others for member in each.members] == ["unchanged"] * 2


def test_a_persona_deleted_in_the_meantime_fails_only_its_membership(store: DatabaseStore) -> None:
    work = seeding(store, family("a"), family("b", ABE))
    next(work)
    abe = personas.find(ABE)
    assert abe is not None
    personas.delete(abe.user.id, actor=CLI)
    [second] = work

    assert second.outcome == "created"
    assert [(each.outcome, each.reason) for each in second.members] == [
        ("failed", "There is no such persona.")
    ]


def test_a_read_only_storage_fails_each_space(store: DatabaseStore) -> None:
    db.engine.dispose()
    event.listen(db.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    message = "The database cannot be reached or is locked. Try again in a moment."

    assert [space.reason for space in seeding(store, family("a"), family("b", ABE))] == [
        message,
        message,
    ]
    with pytest.raises(SeedingError, match="cannot be reached"):
        store.create_space(family("a"))
