"""The store in the database of the current application."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from personas.audit.service import Actor
from personas.http.problems import Problem, problem_of
from personas.persona import service
from personas.persona.plan import FIELDS
from personas.seeding.catalog import Entry, SpaceEntry
from personas.seeding.parallel_put import put_entries
from personas.seeding.store import (
    Membership,
    PersonaResult,
    SeedingError,
    StoredPersona,
    StoredSpace,
    spaces_by_slug,
)
from personas.space import member
from personas.space import service as space_service
from personas.space.create import create
from personas.space.invitation import accept, invite
from personas.space.service import SpaceWithMembers


class DatabaseStore:
    """A Store in the database. The audit trail names `actor` for every change."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[PersonaResult]:
        return put_entries(entries, actor=self._actor, dry_run=dry_run)

    def personas(self) -> list[StoredPersona]:
        with _seeding_errors():
            stored = service.personas()[0]
        return [StoredPersona(persona.user.id, persona.user.email) for persona in stored]

    def values(self, persona: StoredPersona) -> Mapping[str, Any]:
        with _seeding_errors():
            columns = service.get(persona.user_id).columns
        return {FIELDS[key]: value for key, value in columns.items()}

    def delete(self, user_id: str) -> None:
        with _seeding_errors(), suppress(service.NoSuchPersona):
            service.delete(user_id, actor=self._actor)

    def spaces(self, slugs: Collection[str] = ()) -> dict[str, StoredSpace]:
        with _seeding_errors():
            return spaces_by_slug(_spaces, slugs)

    def create_space(self, space: SpaceEntry) -> str:
        with _seeding_errors():
            by = _persona(space.owner)
            created = create(space.name, space.type, space.slug, by=by, actor=self._actor)
        return created.space.id

    def rename_space(self, space_id: str, name: str, *, owner: str) -> None:
        with _seeding_errors():
            space_service.rename(space_id, name, by=_persona(owner), actor=self._actor)

    def add_member(self, space_id: str, email: str, role: str, *, owner: str) -> None:
        with _seeding_errors():
            invitation = invite(space_id, email, role, by=_persona(owner), actor=self._actor)
            accept(invitation.id, by=_persona(email), actor=self._actor)

    def change_role(self, space_id: str, user_id: str, role: str, *, owner: str) -> None:
        with _seeding_errors():
            member.change_role(space_id, user_id, role, by=_persona(owner), actor=self._actor)

    def remove_member(self, space_id: str, user_id: str, *, owner: str) -> None:
        with _seeding_errors():
            member.remove(space_id, user_id, by=_persona(owner), actor=self._actor)


@contextmanager
def _seeding_errors() -> Iterator[None]:
    try:
        yield
    except (Problem, SQLAlchemyError) as error:
        raise SeedingError(problem_of(error).sentence) from None


def _persona(email: str) -> Actor:
    persona = service.find(email)
    if persona is None:
        raise service.NoSuchPersona
    return Actor(persona.user.id, persona.user.email)


def _spaces(space_type: str, q: str | None = None) -> list[StoredSpace]:
    spaces, _ = space_service.spaces(space_type=space_type, q=q, limit=None)
    return [_stored(space) for space in spaces]


def _stored(row: SpaceWithMembers) -> StoredSpace:
    space, members = row.space, row.members
    return StoredSpace(
        id=space.id,
        slug=space.slug,
        name=space.name,
        type=space.type,
        members={member.user.email: Membership(member.user.id, member.role) for member in members},
    )
