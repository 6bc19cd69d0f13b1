"""Log in personas of the catalog for one test."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from personas.seeding import catalog
from personas.seeding.catalog import Catalog, CatalogError, Entry
from personas.testing.person import Person


class Service(Protocol):
    """The service that the tests use: in process, or elsewhere."""

    @property
    def url(self) -> str:
        """The address for a browser."""

    def test(self) -> AbstractContextManager[None]:
        """Set up and clean up one test, around the block."""

    def persona(self, entry: Entry) -> Person:
        """Log in as this persona of the catalog."""

    def admin(self) -> Person:
        """Log in as an admin."""


class PersonaLogins:
    """The logins of one test; each persona logs in at most once."""

    def __init__(self, service: Service, entries: Sequence[Entry]) -> None:
        self.service = service
        self._entries = entries
        self._logged_in: dict[str, Person] = {}

    def persona(self, name_or_email: str) -> Person:
        """The persona with this name (in any case) or e-mail. Fails the test if the catalog has
        none or several."""
        key = name_or_email.casefold()
        matches = [entry for entry in self._entries if key in (entry.name.casefold(), entry.email)]
        if len(matches) > 1:
            emails = (entry.email for entry in matches)
            _fail_with_list(
                f"Several personas are named {name_or_email!r}; use one of these e-mails", emails
            )
        if not matches:
            names = (entry.name for entry in self._entries)
            _fail_with_list(f"The catalog has no persona {name_or_email!r}; it has", names)
        return self._log_in(matches[0])

    def any_persona(self, archetype: str) -> Person:
        """The first persona of this archetype. Fails the test if the catalog has none."""
        matches = [entry for entry in self._entries if _archetype(entry) == archetype]
        if not matches:
            archetypes = map(_archetype, self._entries)
            _fail_with_list(f"The catalog has no archetype {archetype!r}; it has", archetypes)
        return self._log_in(matches[0])

    def _log_in(self, entry: Entry) -> Person:
        if entry.email not in self._logged_in:
            self._logged_in[entry.email] = self.service.persona(entry)
        return self._logged_in[entry.email]


def load(path: Path | None) -> Catalog:
    """Read a catalog; None is the shipped one. Fails the test for a bad catalog."""
    try:
        return catalog.load(path, any_domain=True)
    except CatalogError as error:
        pytest.fail(str(error), pytrace=False)


def _archetype(entry: Entry) -> str:
    return str(entry.description["archetype"])


def _fail_with_list(message: str, names: Iterable[str]) -> NoReturn:
    pytest.fail(f"{message}: {', '.join(sorted(set(names)))}", pytrace=False)
