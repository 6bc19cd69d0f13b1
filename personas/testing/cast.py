"""Who plays in one test, by the names of the catalog."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from personas.seeding import catalog
from personas.seeding.catalog import Catalog, CatalogError, Entry
from personas.testing.person import Person


class Service(Protocol):
    """What the tests of a session play against."""

    @property
    def url(self) -> str:
        """Where a browser finds it."""

    def test(self) -> AbstractContextManager[None]:
        """One test, as long as the block lasts."""

    def persona(self, entry: Entry) -> Person:
        """Log in as this persona of the catalog."""

    def admin(self) -> Person:
        """Log in as an admin."""


class Cast:
    """The people of one test; each persona logs in once."""

    def __init__(self, service: Service, entries: Sequence[Entry]) -> None:
        self.service = service
        self._entries = entries
        self._playing: dict[str, Person] = {}

    def persona(self, who: str) -> Person:
        """The persona with this name in any case, or this e-mail. Fails where the catalog has no
        such one, or several."""
        sought = who.casefold()
        found = [entry for entry in self._entries if sought in (entry.name.casefold(), entry.email)]
        if len(found) > 1:
            emails = (entry.email for entry in found)
            _fail(f"Several personas are named {who!r}; name one by e-mail", emails)
        if not found:
            names = (entry.name for entry in self._entries)
            _fail(f"The catalog has no persona {who!r}; it has", names)
        return self._play(found[0])

    def any_persona(self, archetype: str) -> Person:
        """A persona of this archetype, always the same one. Fails where the catalog has none."""
        found = [entry for entry in self._entries if _archetype(entry) == archetype]
        if not found:
            archetypes = map(_archetype, self._entries)
            _fail(f"The catalog has no archetype {archetype!r}; it has", archetypes)
        return self._play(found[0])

    def _play(self, entry: Entry) -> Person:
        if entry.email not in self._playing:
            self._playing[entry.email] = self.service.persona(entry)
        return self._playing[entry.email]


def load(path: Path | None) -> Catalog:
    """A catalog, the shipped one by default. Fails for a bad one."""
    try:
        return catalog.load(path, any_domain=True)
    except CatalogError as error:
        pytest.fail(str(error), pytrace=False)


def _archetype(entry: Entry) -> str:
    return str(entry.description["archetype"])


def _fail(what: str, words: Iterable[str]) -> NoReturn:
    pytest.fail(f"{what}: {', '.join(sorted(set(words)))}", pytrace=False)
