"""Seed a whole catalog: its personas, then their spaces."""

from collections.abc import Iterator

from personas.seeding.catalog import Catalog
from personas.seeding.spaces import SpaceResult, seed_spaces
from personas.seeding.store import PersonaResult, Store


def seed_catalog(
    catalog: Catalog, store: Store, *, dry_run: bool, prune: bool
) -> Iterator[PersonaResult | SpaceResult]:
    """Make all personas and spaces match the catalog, in its order. A failed one does not stop the
    others.

    `prune` removes members of the catalog's spaces that it does not list.
    """
    failed = set()
    for persona in store.seed(catalog.personas, dry_run=dry_run):
        if persona.outcome == "failed":
            failed.add(persona.email)
        yield persona
    if catalog.spaces:
        yield from seed_spaces(catalog.spaces, store, failed=failed, prune=prune, dry_run=dry_run)
