"""Where the commands work: on the database at hand or, in the same words, through a service."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from personas.audit.service import Actor
from personas.persona import service
from personas.persona.catalog import Entry
from personas.persona.seed import Seeded, seed


class Live(NamedTuple):
    """A persona that is there."""

    user_id: str
    email: str


class Target(Protocol):
    """A place of personas. What it cannot do, it raises as the error of its own kind."""

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[Seeded]:
        """Put each entry with its derived password, in order; a failure stops no other."""

    def personas(self) -> list[Live]:
        """All of them, the newest first."""

    def delete(self, user_id: str) -> None:
        """Delete a persona. Somebody may have been faster: gone is gone."""


class Database:
    """The database at hand."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[Seeded]:
        return seed(entries, actor=self._actor, dry_run=dry_run)

    def personas(self) -> list[Live]:
        return [Live(found.user.id, found.user.email) for found in service.personas()[0]]

    def delete(self, user_id: str) -> None:
        with suppress(service.NoSuchPersona):
            service.delete(user_id, actor=self._actor)
