"""Seed a whole catalog: its personas, then their spaces."""

from collections.abc import Iterator

from personas.seeding.catalog import Catalog
from personas.seeding.personas import Seeded
from personas.seeding.spaces import SeededSpace, seed_spaces
from personas.seeding.store import Place


def seed_catalog(
    catalog: Catalog, place: Place, *, dry_run: bool, prune: bool
) -> Iterator[Seeded | SeededSpace]:
    """The personas, then their spaces."""
    failed = set()
    for persona in place.seed(catalog.personas, dry_run=dry_run):
        if persona.word == "failed":
            failed.add(persona.email)
        yield persona
    if catalog.spaces:
        yield from seed_spaces(catalog.spaces, place, failed=failed, prune=prune, dry_run=dry_run)
