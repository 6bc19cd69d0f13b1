"""What a seed needs from where personas and spaces are stored: one protocol for the database and
for a service over HTTP."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from msgspec import Struct, field

from personas.seeding.catalog import Entry, SpaceEntry
from personas.space.access import SHARED


class SeedingError(Exception):
    """A store cannot do something. The text is a sentence for people."""


class PersonaResult(Struct, frozen=True, kw_only=True):
    """The result for one entry: `created`, `updated` (with the fields), `unchanged`, `failed`
    (with the reason)."""

    email: str
    name: str
    outcome: str = field(name="word")
    changed: tuple[str, ...] = ()
    reason: str | None = None


class StoredPersona(NamedTuple):
    user_id: str
    email: str


class Membership(NamedTuple):
    """An account in a space."""

    user_id: str
    role: str


@dataclass(frozen=True, kw_only=True)
class StoredSpace:
    """A space as it is stored. `members` maps e-mails to memberships."""

    id: str
    slug: str
    name: str
    type: str
    members: Mapping[str, Membership]

    @property
    def owners(self) -> list[str]:
        return [email for email, member in self.members.items() if member.role == "owner"]


class SpaceStore(Protocol):
    """The spaces of a store; every method raises SeedingError.

    Its owner creates and changes a space, and an invited account joins it itself.
    """

    def spaces(self, slugs: Collection[str] = ()) -> Mapping[str, StoredSpace]:
        """All shared spaces by their slugs, and of the personal ones those of these `slugs`."""

    def create_space(self, space: SpaceEntry) -> str:
        """Create a space without members, and return its id."""

    def rename_space(self, space_id: str, name: str, *, owner: str) -> None:
        """Rename a space as its owner."""

    def add_member(self, space_id: str, email: str, role: str, *, owner: str) -> None:
        """Invite an account as the owner, and accept as that account."""

    def change_role(self, space_id: str, user_id: str, role: str, *, owner: str) -> None:
        """Change a member's role as the owner."""

    def remove_member(self, space_id: str, user_id: str, *, owner: str) -> None:
        """Remove a member as the owner."""


class Store(SpaceStore, Protocol):
    """Personas and their spaces; every method raises SeedingError."""

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[PersonaResult]:
        """Put each entry with its derived password, in order; a failure stops no other."""

    def personas(self) -> list[StoredPersona]:
        """All of them, the newest first."""

    def values(self, persona: StoredPersona) -> Mapping[str, Any]:
        """The stored values of a persona, by the wire names of a result's `changed`."""

    def delete(self, user_id: str) -> None:
        """Delete a persona; no error if it is gone already."""


def spaces_by_slug(
    spaces: Callable[..., Iterable[StoredSpace]], slugs: Collection[str]
) -> dict[str, StoredSpace]:
    """All shared spaces by slug, and the personal ones of these slugs: there may be as many of
    those as accounts. `spaces` lists those of a type, and with a second text those that match."""
    stored = {space.slug: space for shared in SHARED for space in spaces(shared)}
    for slug in slugs:
        if slug not in stored:
            matches = spaces("personal", slug)
            stored |= {space.slug: space for space in matches if space.slug == slug}
    return stored
