"""What the tests of commands over HTTP share: a running service and a catalog."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from personas import create_app
from personas.db import db
from personas.user.stamp import ADMIN
from tests.server import serve
from tests.service import Service, entry, register, write


@pytest.fixture
def service(template: Path, tmp_path: Path) -> Iterator[Service]:
    """A service with an instance folder, and so a database, of its own."""
    folder = shutil.copytree(template, tmp_path / "service")
    app = create_app("test", values={}, instance_path=str(folder))
    token = register(app, "admin@example.org", ADMIN)
    with serve(app) as url:
        yield Service(app, url, token)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of two, Bob and Eve."""
    return write(tmp_path / "catalog.json", entry("Bob"), entry("Eve"))
