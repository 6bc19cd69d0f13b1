"""Fixtures of the command tests: a running service, catalogs, and both targets of commands."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from personas.database.schema import ensure_schema
from personas.space import service as space_service
from tests.seeding.catalogs import listed, member, space, write_catalog
from tests.service import Service, run, start


@pytest.fixture
def service(template: Path, tmp_path: Path) -> Iterator[Service]:
    """A service with its own instance folder, and so its own database."""
    with start(shutil.copytree(template, tmp_path / "service")) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog with two personas, Bob and Eve."""
    return write_catalog(tmp_path, listed("Bob"), listed("Eve"))


@dataclass(frozen=True)
class Target:
    """Runs commands on the local database, or through a service that has its own."""

    app: Flask
    run: Callable[..., Result]

    def spaces(self) -> dict[str, dict[str, Any]]:
        """The stored shared spaces, by slug."""
        with self.app.app_context():
            ensure_schema()
            return {
                entry.space.slug: {
                    "name": entry.space.name,
                    "type": entry.space.type,
                    "members": {
                        membership.user.email: membership.role for membership in entry.members
                    },
                }
                for entry in space_service.spaces(limit=None)[0]
                if entry.space.type != "personal"
            }


@pytest.fixture(params=["database", pytest.param("service", marks=pytest.mark.slow)])
def target(request: pytest.FixtureRequest, app: Flask) -> Target:
    """Both targets: a command must behave the same on each."""
    if request.param == "database":
        return Target(app, partial(run, app))
    service: Service = request.getfixturevalue("service")
    return Target(service.app, partial(run, app, to=service))


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A catalog with one space, owned by Zoe, with Abe as a member."""
    people = (listed(name) for name in ("Zoe", "Abe", "Kim"))
    return write_catalog(tmp_path, *people, spaces=[space("flat", members=[member("abe")])])
