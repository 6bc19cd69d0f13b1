"""The one plan of a space: what making it as the catalog says would change.

The seed, its dry run and the comparison all come from it, on a database and over HTTP alike.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from personas.seeding.catalog import SpaceEntry


class Holder(NamedTuple):
    """Somebody in a space."""

    user_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A space as it is. `members` maps e-mails to who is in it."""

    id: str
    slug: str
    name: str
    type: str
    members: Mapping[str, Holder]

    @property
    def owners(self) -> list[str]:
        return [email for email, holder in self.members.items() if holder.role == "owner"]


@dataclass(frozen=True)
class MemberPlan:
    """What becomes of a member. `wanted` is the catalog's role, None for one whom it does not
    list; `found` is None for one who is not there."""

    email: str
    wanted: str | None
    found: Holder | None

    @property
    def word(self) -> str:
        """`created`, `updated` (its role), `unchanged`, or `extra`: not in the catalog."""
        if self.wanted is None:
            return "extra"
        if self.found is None:
            return "created"
        return "unchanged" if self.wanted == self.found.role else "updated"

    @property
    def role(self) -> str:
        """The role that the catalog gives it, else the one that it has."""
        return self.wanted or (self.found.role if self.found else "")


@dataclass(frozen=True, kw_only=True)
class SpacePlan:
    """What a seed does: make the space, or rename it, and put its members right.

    `differs` maps `type`, `owner` and `name`, those that differ, to what the catalog says and
    what was found. The owner is not among the members.
    """

    wanted: SpaceEntry
    found: Found | None
    differs: Mapping[str, tuple[str, str]]
    members: tuple[MemberPlan, ...]

    @property
    def fault(self) -> str | None:
        """Why the space that was found is not the catalog's: nothing of it may be changed."""
        said = [
            f"its {field} is {found}, not {wanted}"
            for field, (wanted, found) in self.differs.items()
            if field != "name"
        ]
        return f"This space stays as it is: {'; '.join(said)}." if said else None

    @property
    def changed(self) -> tuple[str, ...]:
        """What a seed changes of the space itself."""
        return ("name",) if "name" in self.differs else ()

    @property
    def word(self) -> str:
        """`created`, `updated` or `unchanged`: the space itself."""
        if self.found is None:
            return "created"
        return "updated" if self.changed else "unchanged"


def plan_space(wanted: SpaceEntry, found: Found | None) -> SpacePlan:
    """Compare a space of the catalog with the one of its slug (None: there is none)."""
    differs = {}
    if found is not None:
        pairs = {
            "type": (wanted.type, found.type),
            "owner": (wanted.owner, _owner(wanted, found)),
            "name": (wanted.name, found.name),
        }
        differs = {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}
    there = found.members if found else {}
    emails = dict.fromkeys([*wanted.members, *there])
    emails.pop(wanted.owner, None)
    members = (MemberPlan(email, wanted.members.get(email), there.get(email)) for email in emails)
    return SpacePlan(wanted=wanted, found=found, differs=differs, members=tuple(members))


def _owner(wanted: SpaceEntry, found: Found) -> str:
    """Who owns it. Beside the catalog's owner somebody whom it lists may be one, with a role to
    put right; a stranger may not: the space is theirs as well."""
    owners = found.owners
    if wanted.owner in owners:
        owners = [email for email in owners if email not in wanted.members]
    return " and ".join(sorted(owners)) or "nobody"


def left_empty(found: Iterable[Found], deleted: Collection[str]) -> list[Found]:
    """The shared spaces that go with these accounts: those in which nobody else is."""
    gone = set(deleted)
    return [space for space in found if space.type != "personal" and space.members.keys() <= gone]
