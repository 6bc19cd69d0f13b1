"""Fixtures of the activity tests: two personas, on each kind of database."""

from collections.abc import Iterator

import pytest
from flask import Flask

from personas.audit.service import CLI
from personas.persona.put import put
from tests.database.conftest import (
    database,
    database_url,
    empty_database,
    postgres,
    postgres_url,
)
from tests.people import PASSWORD, persona

__all__ = ["database", "database_url", "empty_database", "postgres", "postgres_url"]


@pytest.fixture
def pair(database: Flask) -> Iterator[tuple[str, str]]:
    """The ids of Bob and Kim, once on each database, within the context of its application."""
    with database.app_context():
        made = [
            put(f"persona.{name}@mana.test", PASSWORD, persona(name=name.title()), actor=CLI)
            for name in ("bob", "kim")
        ]
        bob, kim = (str(found.user_id) for found in made)
        yield bob, kim
