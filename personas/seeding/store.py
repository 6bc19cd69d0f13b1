"""Where the commands work: on the database at hand or, in the same words, through a service."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, Protocol

from sqlalchemy.exc import SQLAlchemyError

from personas.audit.service import Actor
from personas.http.problems import Problem, problem_of
from personas.persona import service
from personas.persona.plan import FIELDS
from personas.seeding.catalog import Entry, SpaceEntry
from personas.seeding.personas import Seeded, seed
from personas.seeding.space_plan import Found, Holder, MemberPlan
from personas.seeding.spaces import Failed, Hands
from personas.space import member
from personas.space import service as space_service
from personas.space.access import SHARED
from personas.space.create import create
from personas.space.invitation import accept, invite
from personas.space.service import SpaceWithMembers


class Live(NamedTuple):
    """A persona that is there."""

    user_id: str
    email: str


class Place(Hands, Protocol):
    """A place of personas and their spaces. What it cannot do for personas, it raises as the
    error of its own kind; for spaces, as Failed."""

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[Seeded]:
        """Put each entry with its derived password, in order; a failure stops no other."""

    def personas(self) -> list[Live]:
        """All of them, the newest first."""

    def values(self, persona: Live) -> Mapping[str, Any]:
        """What is stored of a persona, by the wire names of a seed's `changed`."""

    def delete(self, user_id: str) -> None:
        """Delete a persona. Somebody may have been faster: gone is gone."""


class Database:
    """The database at hand. Who owns or joins a space does so by `actor`'s hand."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[Seeded]:
        return seed(entries, actor=self._actor, dry_run=dry_run)

    def personas(self) -> list[Live]:
        return [Live(found.user.id, found.user.email) for found in service.personas()[0]]

    def values(self, persona: Live) -> Mapping[str, Any]:
        columns = service.get(persona.user_id).columns
        return {FIELDS[key]: value for key, value in columns.items()}

    def delete(self, user_id: str) -> None:
        with suppress(service.NoSuchPersona):
            service.delete(user_id, actor=self._actor)

    def spaces(self, slugs: Collection[str] = ()) -> dict[str, Found]:
        with _failing():
            return by_slug(_spaces, slugs)

    def create_space(self, wanted: SpaceEntry) -> str:
        with _failing():
            owner = _persona(wanted.owner)
            made = create(wanted.name, wanted.type, wanted.slug, by=owner, actor=self._actor)
        return made.space.id

    def rename_space(self, space_id: str, wanted: SpaceEntry) -> None:
        with _failing():
            owner = _persona(wanted.owner)
            space_service.rename(space_id, wanted.name, by=owner, actor=self._actor)

    def add_member(self, space_id: str, planned: MemberPlan, *, owner: str) -> None:
        email, role = planned.email, planned.role
        with _failing():
            invited = invite(space_id, email, role, by=_persona(owner), actor=self._actor)
            accept(invited.id, by=_persona(email), actor=self._actor)

    def change_role(self, space_id: str, holder: Holder, role: str, *, owner: str) -> None:
        with _failing():
            by = _persona(owner)
            member.change_role(space_id, holder.user_id, role, by=by, actor=self._actor)

    def remove_member(self, space_id: str, holder: Holder, *, owner: str) -> None:
        with _failing():
            member.remove(space_id, holder.user_id, by=_persona(owner), actor=self._actor)


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except (Problem, SQLAlchemyError) as error:
        raise Failed(problem_of(error).sentence) from None


def _persona(email: str) -> Actor:
    found = service.find(email)
    if found is None:
        raise service.NoSuchPersona
    return Actor(found.user.id, found.user.email)


def _spaces(space_type: str, q: str | None = None) -> list[Found]:
    found, _ = space_service.spaces(space_type=space_type, q=q, limit=None)
    return [_found(staffed) for staffed in found]


def _found(staffed: SpaceWithMembers) -> Found:
    space = staffed.space
    return Found(
        id=space.id,
        slug=space.slug,
        name=space.name,
        type=space.type,
        members={each.user.email: Holder(each.user.id, each.role) for each in staffed.members},
    )


def by_slug(ask: Callable[..., Iterable[Found]], slugs: Collection[str]) -> dict[str, Found]:
    """All shared spaces by slug, and the personal ones of these slugs: of those there may be as
    many as people."""
    found = {space.slug: space for shared in SHARED for space in ask(shared)}
    for slug in slugs:
        if slug not in found:
            found |= {space.slug: space for space in ask("personal", slug) if space.slug == slug}
    return found
