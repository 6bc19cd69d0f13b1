"""The answers of the service as types (contract, sections 2 to 5), checked when they are read.

Another program may answer at the address. So ids, which become parts of paths, must have the form
of an id, and texts for a terminal must be printable. Unknown keys are ignored: a newer service may
add some.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct, field

T = TypeVar("T")

Id = Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}\Z")]
Printable = Annotated[str, Meta(pattern=r"^[ -~]*\Z")]  # e-mails, slugs and words are ASCII
Instant = Annotated[datetime, Meta(tz=True)]
ModuleMix = dict[str, int | float]


class Answer(Struct, frozen=True, rename="camel"):
    """A JSON object; its keys are the names of the fields in camelCase."""


class Problem(Answer, frozen=True):
    """A problem document (RFC 9457). `errors` is read leniently: it only adds detail."""

    status: int
    title: str
    detail: str
    errors: Any = None


class Nothing(Answer, frozen=True):
    """An answer whose content is not used."""


class Page(Answer, Generic[T], frozen=True):
    """One page of a list. On the wire, the key of `rows` depends on the list; the last page has no
    `next_cursor`."""

    rows: list[T]
    next_cursor: str | None


class Tokens(Answer, frozen=True):
    access_token: str
    refresh_token: str


class Account(Answer, frozen=True):
    """The wire's `user` (contract, section 2)."""

    id: Id
    email: Printable
    name: str
    kind: Printable
    role: Printable
    access_tier: Printable
    email_verified: bool
    created_at: Instant
    updated_at: Instant


class CurrentSession(Answer, frozen=True):
    user: Account


class AccountPage(Page[Account], frozen=True):
    rows: list[Account] = field(name="users")


class PutAnswer(Answer, frozen=True):
    """The result of a put; `user_id` is None for a persona that a dry run would create."""

    user_id: Id | None
    email: Printable
    created: bool
    changed: tuple[Printable, ...]


class PersonaRow(Answer, frozen=True):
    """A persona in the list."""

    user_id: Id
    email: Printable


class PersonaPage(Page[PersonaRow], frozen=True):
    rows: list[PersonaRow] = field(name="personas")


class PersonaDetail(PersonaRow, frozen=True):
    """One persona with its description."""

    name: str
    archetype: Printable
    system_prompt: str
    module_mix: ModuleMix
    tick_cadence: Printable


class PersonaAnswer(Answer, frozen=True):
    persona: PersonaDetail


class Deleted(Answer, frozen=True):
    deleted: str


class Member(Answer, frozen=True):
    user_id: Id
    email: Printable
    role: Printable


class SpaceRow(Answer, frozen=True):
    """A space in the list, with its members."""

    id: Id
    name: str
    slug: Printable
    type: Printable
    members: tuple[Member, ...]


class SpacePage(Page[SpaceRow], frozen=True):
    rows: list[SpaceRow] = field(name="spaces")


class Created(Answer, frozen=True):
    id: Id


class SpaceAnswer(Answer, frozen=True):
    space: Created


class InvitationAnswer(Answer, frozen=True):
    invitation: Created


class DuePersona(PersonaRow, frozen=True):
    """A persona that is due; `last_active_at` is None before its first turn."""

    archetype: Printable
    system_prompt: str
    module_mix: ModuleMix
    tick_cadence: Printable
    last_active_at: Instant | None


class Due(Answer, frozen=True):
    """The due personas: never active ones first, then the longest idle."""

    personas: tuple[DuePersona, ...]
    server_time: Instant


class Written(Answer, frozen=True):
    """How many rows of a batch are new, and how many were stored already."""

    written: int
    duplicates: int
