"""Compare a catalog with a store, by the same plans as the seed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from personas.persona.plan import FIELDS
from personas.persona.put import STAMP
from personas.seeding.catalog import Catalog, Entry, SpaceEntry
from personas.seeding.space_plan import MemberPlan, SpacePlan, plan_space
from personas.seeding.store import PersonaResult, Store, StoredPersona, StoredSpace


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference of a persona, of a space, or (if both are set) of a member of a space.

    `status` is `missing` (not in the store), `extra` (not in the catalog), `differs` (in `field`;
    both values are None for a password), or `failed` (could not be compared, see `reason`).
    """

    status: str = msgspec.field(name="word")
    persona: str | None = None
    space: str | None = None
    field: str | None = None
    expected: Any = None
    found: Any = None
    reason: str | None = None


def compare(catalog: Catalog, store: Store) -> list[Difference]:
    """Return all differences: of the personas, then of the spaces. Raises SeedingError."""
    results = list(store.seed(catalog.personas, dry_run=True))
    stored = {persona.email: persona for persona in store.personas()}
    personas = _personas(catalog, results, stored, store)
    return [*personas, *_spaces(catalog.spaces, stored, store)]


def _personas(
    catalog: Catalog,
    results: Iterable[PersonaResult],
    stored: Mapping[str, StoredPersona],
    store: Store,
) -> Iterator[Difference]:
    """A dry run lists the fields that differ; only for those personas the values are read."""
    for entry, result in zip(catalog.personas, results, strict=True):
        is_changed = entry.email in stored and result.changed
        values = store.values(stored[entry.email]) if is_changed else {}
        yield from compare_persona(entry, result, values)
    for email in sorted(stored.keys() - catalog.emails):
        yield Difference(status="extra", persona=email)


def _spaces(
    entries: Iterable[SpaceEntry], personas: Collection[str], store: Store
) -> Iterator[Difference]:
    listed = {entry.slug: entry for entry in entries}
    stored = store.spaces(listed)
    for slug, entry in listed.items():
        yield from compare_space(plan_space(entry, stored.get(slug)))
    yield from extra_spaces(stored.values(), listed, personas)


def compare_persona(
    entry: Entry, result: PersonaResult, values: Mapping[str, Any]
) -> Iterator[Difference]:
    """Yield the differences of one entry, from its result in a dry run and the stored values."""
    email = entry.email
    if result.outcome == "failed":
        yield Difference(status="failed", persona=email, reason=result.reason)
    elif result.outcome == "created":
        yield Difference(status="missing", persona=email)
    expected = {FIELDS[key]: value for key, value in {**entry.description, **STAMP}.items()}
    for name in result.changed:
        yield Difference(
            status="differs",
            persona=email,
            field=name,
            expected=expected.get(name),
            found=values.get(name),
        )


def compare_space(plan: SpacePlan) -> Iterator[Difference]:
    """Yield the differences of one space and its members; a missing space lists no members."""
    slug = plan.entry.slug
    if plan.stored is None:
        yield Difference(status="missing", space=slug)
        return
    for name, (expected, stored) in plan.differs.items():
        yield Difference(status="differs", space=slug, field=name, expected=expected, found=stored)
    for member in plan.members:
        yield from _member(member, slug)


def _member(member: MemberPlan, slug: str) -> Iterator[Difference]:
    about = {"persona": member.email, "space": slug}
    if member.outcome == "extra":
        yield Difference(status="extra", **about)
    elif member.stored is None:
        yield Difference(status="missing", **about)
    elif member.outcome == "updated":
        role, stored = member.role, member.stored.role
        yield Difference(status="differs", **about, field="role", expected=role, found=stored)


def extra_spaces(
    spaces: Iterable[StoredSpace], listed: Collection[str], personas: Collection[str]
) -> Iterator[Difference]:
    """Yield shared spaces that the catalog does not list, if all their owners are `personas`: a
    catalog does not describe the spaces of people."""
    for space in spaces:
        if space.slug not in listed and set(space.owners) <= set(personas):
            yield Difference(status="extra", space=space.slug)
