"""What a catalog and a service do not have in common. Compared by the plans of the seed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from personas.persona.plan import FIELDS
from personas.persona.put import STAMP
from personas.seeding.catalog import Entry
from personas.seeding.personas import Seeded
from personas.seeding.space_plan import Found, MemberPlan, SpacePlan


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference of a persona, of a space, or (both are set) of a member of a space.

    `word`: `missing` (in the service), `extra` (in it, not in the catalog), `differs` (in
    `field`, with both values where they can be known), `failed` (could not be compared).
    """

    word: str
    persona: str | None = None
    space: str | None = None
    field: str | None = None
    expected: Any = None
    found: Any = None
    reason: str | None = None


def of_persona(
    entry: Entry, planned: Seeded, found: Mapping[str, Any] | None
) -> Iterator[Difference]:
    """What a dry run has planned for one entry, with the values `found`, by their wire names."""
    email = entry.email
    if planned.word == "failed":
        yield Difference(word="failed", persona=email, reason=planned.reason)
    elif planned.word == "created":
        yield Difference(word="missing", persona=email)
    wanted = {FIELDS[key]: value for key, value in {**entry.description, **STAMP}.items()}
    for field in planned.changed:
        yield Difference(
            word="differs",
            persona=email,
            field=field,
            expected=wanted.get(field),
            found=(found or {}).get(field),
        )


def of_space(plan: SpacePlan) -> Iterator[Difference]:
    """The differences of one space and of its members; a missing one's are not named."""
    wanted, found = plan.wanted, plan.found
    if found is None:
        yield Difference(word="missing", space=wanted.slug)
        return
    for field, (expected, is_there) in plan.differs.items():
        yield Difference(
            word="differs", space=wanted.slug, field=field, expected=expected, found=is_there
        )
    for member in plan.members:
        yield from _of_member(member, wanted.slug)


def _of_member(member: MemberPlan, slug: str) -> Iterator[Difference]:
    about = {"persona": member.email, "space": slug}
    if member.word == "extra":
        yield Difference(word="extra", **about)
    elif member.found is None:
        yield Difference(word="missing", **about)
    elif member.word == "updated":
        role, found = member.role, member.found.role
        yield Difference(word="differs", **about, field="role", expected=role, found=found)


def extra_spaces(
    found: Iterable[Found], listed: Collection[str], personas: Collection[str]
) -> Iterator[Difference]:
    """Shared spaces that the catalog does not list and that belong to `personas` alone: what people
    have made is no business of the catalog."""
    for space in found:
        if space.slug not in listed and set(space.owners) <= set(personas):
            yield Difference(word="extra", space=space.slug)
