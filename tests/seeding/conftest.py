"""A running service and a catalog, for the tests of stores."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.seeding.catalogs import listed, write_catalog
from tests.service import Service, start


@pytest.fixture
def service(template: Path, tmp_path: Path) -> Iterator[Service]:
    with start(shutil.copytree(template, tmp_path / "service")) as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of two, Bob and Eve."""
    return write_catalog(tmp_path, listed("Bob"), listed("Eve"))
