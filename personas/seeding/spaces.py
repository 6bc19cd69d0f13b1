"""Make the spaces of a catalog, as people would; say of each, and of each member, what became of
it. How that is done on a database or over HTTP is the business of the `Hands`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from personas.seeding.catalog import SpaceEntry
from personas.seeding.space_plan import Found, Holder, MemberPlan, SpacePlan, plan_space


class Failed(Exception):
    """Something with spaces did not work. The text is a sentence for people."""


class Hands(Protocol):
    """What a seed of spaces takes. All of it raises Failed.

    Whoever makes or changes a space is its owner, whoever joins it the member itself.
    """

    def spaces(self, slugs: Collection[str] = ()) -> Mapping[str, Found]:
        """All shared spaces by their slugs, and of the personal ones those of these `slugs`."""

    def create_space(self, wanted: SpaceEntry) -> str:
        """Make a space without members, and answer its id."""

    def rename_space(self, space_id: str, wanted: SpaceEntry) -> None:
        """Give it the catalog's name."""

    def add_member(self, space_id: str, planned: MemberPlan, *, owner: str) -> None:
        """The owner invites, the member accepts."""

    def change_role(self, space_id: str, holder: Holder, role: str, *, owner: str) -> None:
        """Give a member another role."""

    def remove_member(self, space_id: str, holder: Holder, *, owner: str) -> None:
        """Take a member out."""


@dataclass(frozen=True, kw_only=True)
class SeededMember:
    """What became of a member: `created`, `updated`, `unchanged`, `removed`, `failed`."""

    email: str
    role: str
    word: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class SeededSpace:
    """What became of a space: `created`, `updated` (with the fields), `unchanged`, `failed`
    (with the reason; then nothing is said of its members)."""

    slug: str
    name: str
    type: str
    owner: str
    word: str
    changed: tuple[str, ...] = ()
    reason: str | None = None
    members: tuple[SeededMember, ...] = ()


def seed_spaces(
    wanted: Sequence[SpaceEntry],
    hands: Hands,
    *,
    failed: Collection[str],
    prune: bool,
    dry_run: bool,
) -> Iterator[SeededSpace]:
    """Make each space as the catalog says, in order; a failure stops no other.

    `failed` are the e-mails of the personas that could not be seeded: nothing is done for or with
    these accounts. `prune` removes members whom the catalog does not list.
    """
    try:
        found = hands.spaces([space.slug for space in wanted])
    except Failed as failure:
        yield from (_failed(space, str(failure)) for space in wanted)
        return
    for space in wanted:
        if space.owner in failed:
            yield _failed(space, f"Its owner {space.owner} failed.")
        else:
            plan = plan_space(space, found.get(space.slug))
            yield _seed(plan, None if dry_run else hands, failed, prune)


def _seed(
    plan: SpacePlan, hands: Hands | None, failed: Collection[str], prune: bool
) -> SeededSpace:
    """Without hands it is only said."""
    if plan.fault:
        return _failed(plan.wanted, plan.fault)
    space_id = ""
    if hands:
        try:
            space_id = _make(plan, hands)
        except Failed as failure:
            plan = _look_again(plan, hands)
            if plan.found is None or plan.fault or plan.changed:
                return _failed(plan.wanted, plan.fault or str(failure))
            space_id = plan.found.id
    members = [member for member in plan.members if prune or member.word != "extra"]
    return _seeded(
        plan.wanted,
        word=plan.word,
        changed=plan.changed,
        members=tuple(_seed_member(plan, each, space_id, hands, failed) for each in members),
    )


def _look_again(plan: SpacePlan, hands: Hands) -> SpacePlan:
    """The plan anew, after something did not work: another seed may have been faster."""
    slug = plan.wanted.slug
    try:
        return plan_space(plan.wanted, hands.spaces([slug]).get(slug))
    except Failed:
        return plan


def _make(plan: SpacePlan, hands: Hands) -> str:
    if plan.found is None:
        return hands.create_space(plan.wanted)
    if plan.changed:
        hands.rename_space(plan.found.id, plan.wanted)
    return plan.found.id


def _seed_member(
    plan: SpacePlan,
    member: MemberPlan,
    space_id: str,
    hands: Hands | None,
    failed: Collection[str],
) -> SeededMember:
    word, reason = "removed" if member.word == "extra" else member.word, None
    if member.email in failed:
        word, reason = "failed", "This persona failed."
    elif hands:
        try:
            _change(hands, member, space_id, owner=plan.wanted.owner)
        except Failed as failure:
            now = {each.email: each.word for each in _look_again(plan, hands).members}
            if now.get(member.email) == "unchanged":
                word = "unchanged"
            else:
                word, reason = "failed", str(failure)
    return SeededMember(email=member.email, role=member.role, word=word, reason=reason)


def _change(hands: Hands, member: MemberPlan, space_id: str, *, owner: str) -> None:
    if member.found is None:
        hands.add_member(space_id, member, owner=owner)
    elif member.word == "updated":
        hands.change_role(space_id, member.found, member.role, owner=owner)
    elif member.word == "extra":
        hands.remove_member(space_id, member.found, owner=owner)


def _seeded(space: SpaceEntry, **outcome: Any) -> SeededSpace:
    return SeededSpace(
        slug=space.slug, name=space.name, type=space.type, owner=space.owner, **outcome
    )


def _failed(space: SpaceEntry, reason: str) -> SeededSpace:
    return _seeded(space, word="failed", reason=reason)
