"""What the tests of commands share: a running service, a catalog, and a stage for both ways."""

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
    with start(shutil.copytree(template, tmp_path / "service")) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of two, Bob and Eve."""
    return write_catalog(tmp_path, listed("Bob"), listed("Eve"))


@dataclass(frozen=True)
class Stage:
    """Where a story plays: on the database at hand, or through a service with one of its own."""

    stored: Flask
    run: Callable[..., Result]

    def spaces(self) -> dict[str, dict[str, Any]]:
        """The shared spaces as they are, by slug."""
        with self.stored.app_context():
            ensure_schema()
            return {
                each.space.slug: {
                    "name": each.space.name,
                    "type": each.space.type,
                    "members": {one.user.email: one.role for one in each.members},
                }
                for each in space_service.spaces(limit=None)[0]
                if each.space.type != "personal"
            }


@pytest.fixture(params=["here", pytest.param("there", marks=pytest.mark.slow)])
def stage(request: pytest.FixtureRequest, app: Flask) -> Stage:
    """Both places: what is told of one must hold of the other."""
    if request.param == "here":
        return Stage(app, partial(run, app))
    service: Service = request.getfixturevalue("service")
    return Stage(service.app, partial(run, app, to=service))


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """A catalog with one space: Zoe's, with Abe."""
    people = (listed(name) for name in ("Zoe", "Abe", "Kim"))
    return write_catalog(tmp_path, *people, spaces=[space("flat", members=[member("abe")])])
