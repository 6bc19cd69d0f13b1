"""Plan what a seed would change in a space to make it match the catalog.

The seed, its dry run and the comparison all use this plan, in the database and over HTTP.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from personas.seeding.catalog import SpaceEntry
from personas.seeding.store import Membership, StoredSpace


@dataclass(frozen=True)
class MemberPlan:
    """The plan of a member. `listed_role` is None if the catalog does not list the member, `stored`
    is None if the account is not in the space."""

    email: str
    listed_role: str | None
    stored: Membership | None

    @property
    def outcome(self) -> str:
        """`created`, `updated` (its role), `unchanged`, or `extra` (not in the catalog)."""
        if self.listed_role is None:
            return "extra"
        if self.stored is None:
            return "created"
        return "unchanged" if self.listed_role == self.stored.role else "updated"

    @property
    def role(self) -> str:
        """The role in the catalog, else the stored one."""
        return self.listed_role or (self.stored.role if self.stored else "")


@dataclass(frozen=True, kw_only=True)
class SpacePlan:
    """The plan of a space: create or rename it, and change its members.

    `differs` maps those of `type`, `owner` and `name` that differ to the catalog's value and the
    stored one. The owner is not among the members.
    """

    entry: SpaceEntry
    stored: StoredSpace | None
    differs: Mapping[str, tuple[str, str]]
    members: tuple[MemberPlan, ...]

    @property
    def conflict(self) -> str | None:
        """Why the stored space is another one than the catalog's, so that nothing is changed."""
        reasons = [
            f"its {field} is {stored}, not {expected}"
            for field, (expected, stored) in self.differs.items()
            if field != "name"
        ]
        return f"This space is not changed: {'; '.join(reasons)}." if reasons else None

    @property
    def changed(self) -> tuple[str, ...]:
        """The fields of the space that the seed changes."""
        return ("name",) if "name" in self.differs else ()

    @property
    def outcome(self) -> str:
        """`created`, `updated` or `unchanged`, for the space without its members."""
        if self.stored is None:
            return "created"
        return "updated" if self.changed else "unchanged"


def plan_space(entry: SpaceEntry, stored: StoredSpace | None) -> SpacePlan:
    """Compare a space of the catalog with the stored space that has its slug."""
    differs = {}
    if stored is not None:
        pairs = {
            "type": (entry.type, stored.type),
            "owner": (entry.owner, _owner(entry, stored)),
            "name": (entry.name, stored.name),
        }
        differs = {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}
    memberships = stored.members if stored else {}
    emails = dict.fromkeys([*entry.members, *memberships])
    emails.pop(entry.owner, None)
    members = tuple(
        MemberPlan(email, entry.members.get(email), memberships.get(email)) for email in emails
    )
    return SpacePlan(entry=entry, stored=stored, differs=differs, members=members)


def _owner(entry: SpaceEntry, stored: StoredSpace) -> str:
    """The owners as text, without those whose role the seed corrects: listed members who own the
    space together with the catalog's owner. Any other owner is a difference."""
    owners = stored.owners
    if entry.owner in owners:
        owners = [email for email in owners if email not in entry.members]
    return " and ".join(sorted(owners)) or "nobody"


def left_empty(spaces: Iterable[StoredSpace], deleted: Collection[str]) -> list[StoredSpace]:
    """Return the shared spaces that are deleted with these accounts: they have no other members."""
    emails = set(deleted)
    return [
        space for space in spaces if space.type != "personal" and space.members.keys() <= emails
    ]
