"""The protocol of a store of personas and spaces: the database, or a service over HTTP."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from msgspec import Struct, field

from personas.seeding.catalog import Entry, SpaceEntry
from personas.space.access import SHARED


class SeedingError(Exception):
    """A store could not do something. The message is a sentence for a terminal."""


class PersonaResult(Struct, frozen=True, kw_only=True):
    """The result for one entry: `created`, `updated` (`changed` lists the fields), `unchanged`, or
    `failed` (with a reason)."""

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
    """The spaces of a store. Every method raises SeedingError.

    Spaces are created and changed as their owner; an invitation is accepted as the invited account.
    """

    def spaces(self, slugs: Collection[str] = ()) -> Mapping[str, StoredSpace]:
        """Return all shared spaces by slug, and the personal ones with one of these `slugs`."""

    def create_space(self, space: SpaceEntry) -> str:
        """Create a space without other members, as `space.owner`. Return its id."""

    def rename_space(self, space_id: str, name: str, *, owner: str) -> None:
        """Rename a space as its owner."""

    def add_member(self, space_id: str, email: str, role: str, *, owner: str) -> None:
        """Invite an account as the owner, and accept as that account."""

    def change_role(self, space_id: str, user_id: str, role: str, *, owner: str) -> None:
        """Change a member's role as the owner."""

    def remove_member(self, space_id: str, user_id: str, *, owner: str) -> None:
        """Remove a member as the owner."""


class Store(SpaceStore, Protocol):
    """Personas and their spaces. Every method raises SeedingError."""

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[PersonaResult]:
        """Put each entry with its derived password, in order. A failed entry does not stop the
        others."""

    def personas(self) -> list[StoredPersona]:
        """Return all personas, newest first."""

    def values(self, persona: StoredPersona) -> Mapping[str, Any]:
        """Return the stored values of a persona, by wire name as in `PersonaResult.changed`."""

    def delete(self, user_id: str) -> None:
        """Delete a persona; no error if it does not exist."""


def spaces_by_slug(
    spaces: Callable[..., Iterable[StoredSpace]], slugs: Collection[str]
) -> dict[str, StoredSpace]:
    """Return all shared spaces by slug, and the personal ones with one of these slugs: there
    are too many personal ones to read all. `spaces(type, q)` lists those of a type, with `q` only
    those that match."""
    stored = {space.slug: space for shared in SHARED for space in spaces(shared)}
    for slug in slugs:
        if slug not in stored:
            matches = spaces("personal", slug)
            stored |= {space.slug: space for space in matches if space.slug == slug}
    return stored
