"""Seeding and comparing the shipped catalog, on both databases."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask

from personas.audit.service import CLI
from personas.database.engine import db
from personas.database.session import write
from personas.seeding import catalog
from personas.seeding.catalog import Catalog
from personas.seeding.database_store import DatabaseStore
from personas.seeding.parallel_put import put_entries
from personas.seeding.spaces import SpaceResult, seed_spaces
from personas.space.models import SpaceMember
from tests.service import run


def test_a_catalog_is_seeded_drifts_and_is_repaired(database: Flask) -> None:
    first, second, equal = run(database, "seed"), run(database, "seed"), run(database, "diff")
    with database.app_context(), write():
        db.session.execute(sa.delete(SpaceMember).where(SpaceMember.role == "member"))
    lost, repaired, again = run(database, "diff"), run(database, "seed"), run(database, "diff")
    cleaned = run(database, "cleanup", "--yes")

    assert "5 spaces created, 3 members created\n10 created," in first.stdout
    assert "5 spaces unchanged, 3 members unchanged\n0 created," in second.stdout
    assert (equal.exit_code, lost.exit_code, again.exit_code) == (0, 2, 0)
    assert lost.stdout.count("missing    member ") == 3
    assert "3 members created" in repaired.stdout
    assert "5 spaces deleted\n10 personas deleted" in cleaned.stdout


def test_two_seeds_at_once_create_each_space_once(database: Flask) -> None:
    def seed_shared(shipped: Catalog) -> list[SpaceResult]:
        with database.app_context():
            store = DatabaseStore(CLI)
            return list(seed_spaces(shipped.spaces, store, failed=(), prune=False, dry_run=False))

    with database.app_context():
        shipped = catalog.load()
        list(put_entries(shipped.personas, actor=CLI, dry_run=False))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(seed_shared, [shipped] * 2))

    spaces = Counter(space.outcome for results in both for space in results)
    members = Counter(
        member.outcome for results in both for space in results for member in space.members
    )
    assert spaces == {"created": 5, "unchanged": 5}
    assert members == {"created": 3, "unchanged": 3}
