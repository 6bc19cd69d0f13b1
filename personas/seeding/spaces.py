"""Seed the spaces of a catalog, and report the result for each space and each member."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from personas.seeding.catalog import SpaceEntry
from personas.seeding.space_plan import MemberPlan, SpacePlan, plan_space
from personas.seeding.store import SeedingError, SpaceStore


class MemberResult(Struct, frozen=True, kw_only=True):
    """The result for a member: `created`, `updated`, `unchanged`, `removed` or `failed`."""

    email: str
    role: str
    outcome: str = field(name="word")
    reason: str | None = None


class SpaceResult(Struct, frozen=True, kw_only=True):
    """The result for a space: `created`, `updated` (`changed` lists the fields), `unchanged`, or
    `failed` (with a reason and without members)."""

    slug: str
    name: str
    type: str
    owner: str
    outcome: str = field(name="word")
    changed: tuple[str, ...] = ()
    reason: str | None = None
    members: tuple[MemberResult, ...] = ()


def seed_spaces(
    spaces: Sequence[SpaceEntry],
    store: SpaceStore,
    *,
    failed: Collection[str],
    prune: bool,
    dry_run: bool,
) -> Iterator[SpaceResult]:
    """Make each space match the catalog, in order. A failed space does not stop the others.

    `failed` are the e-mails of the personas that could not be seeded: their spaces and memberships
    are not changed. `prune` removes members that the catalog does not list.
    """
    try:
        stored = store.spaces([space.slug for space in spaces])
    except SeedingError as error:
        yield from (_failed(space, str(error)) for space in spaces)
        return
    for space in spaces:
        if space.owner in failed:
            yield _failed(space, f"Its owner {space.owner} failed.")
        else:
            plan = plan_space(space, stored.get(space.slug))
            yield _seed(plan, None if dry_run else store, failed, prune)


def _seed(
    plan: SpacePlan, store: SpaceStore | None, failed: Collection[str], prune: bool
) -> SpaceResult:
    """A dry run has no store: it only reports the plan."""
    if plan.conflict:
        return _failed(plan.entry, plan.conflict)
    space_id = ""
    if store:
        try:
            space_id = _create_or_rename(plan, store)
        except SeedingError as error:
            plan = _plan_again(plan, store)
            if plan.stored is None or plan.conflict or plan.changed:
                return _failed(plan.entry, plan.conflict or str(error))
            space_id = plan.stored.id
    members = [member for member in plan.members if prune or member.outcome != "extra"]
    return _result(
        plan.entry,
        outcome=plan.outcome,
        changed=plan.changed,
        members=tuple(_seed_member(plan, member, space_id, store, failed) for member in members),
    )


def _plan_again(plan: SpacePlan, store: SpaceStore) -> SpacePlan:
    """Plan again after an error: another seed may have made the same change in the meantime."""
    slug = plan.entry.slug
    try:
        return plan_space(plan.entry, store.spaces([slug]).get(slug))
    except SeedingError:
        return plan


def _create_or_rename(plan: SpacePlan, store: SpaceStore) -> str:
    entry = plan.entry
    if plan.stored is None:
        return store.create_space(entry)
    if plan.changed:
        store.rename_space(plan.stored.id, entry.name, owner=entry.owner)
    return plan.stored.id


def _seed_member(
    plan: SpacePlan,
    member: MemberPlan,
    space_id: str,
    store: SpaceStore | None,
    failed: Collection[str],
) -> MemberResult:
    outcome, reason = "removed" if member.outcome == "extra" else member.outcome, None
    if member.email in failed:
        outcome, reason = "failed", "This persona failed."
    elif store:
        try:
            _change(store, member, space_id, owner=plan.entry.owner)
        except SeedingError as error:
            now = {other.email: other.outcome for other in _plan_again(plan, store).members}
            if now.get(member.email) == "unchanged":
                outcome = "unchanged"
            else:
                outcome, reason = "failed", str(error)
    return MemberResult(email=member.email, role=member.role, outcome=outcome, reason=reason)


def _change(store: SpaceStore, member: MemberPlan, space_id: str, *, owner: str) -> None:
    if member.stored is None:
        store.add_member(space_id, member.email, member.role, owner=owner)
    elif member.outcome == "updated":
        store.change_role(space_id, member.stored.user_id, member.role, owner=owner)
    elif member.outcome == "extra":
        store.remove_member(space_id, member.stored.user_id, owner=owner)


def _result(space: SpaceEntry, **result: Any) -> SpaceResult:
    return SpaceResult(
        slug=space.slug, name=space.name, type=space.type, owner=space.owner, **result
    )


def _failed(space: SpaceEntry, reason: str) -> SpaceResult:
    return _result(space, outcome="failed", reason=reason)
