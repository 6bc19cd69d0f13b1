"""Fixtures of the database tests: migration histories, and a raw connection."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from personas import create_app
from personas.database import schema
from personas.database.engine import db
from tests.database.raw import Raw

RAW = ("sqlite", "sqlite without foreign keys", "postgresql")
HISTORIES = ("upgraded", pytest.param("upgraded again", marks=pytest.mark.slow))
Alembic = Callable[[Flask, str, str], None]


@pytest.fixture(scope="session")
def alembic() -> Alembic:
    """Run an alembic command as the service does: `alembic(app, "downgrade", "base")`."""

    def run(app: Flask, name: str, revision: str) -> None:
        from alembic import command  # where the service itself imports it
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(schema.migrations()))
        config.attributes["version_table"] = schema.VERSION_TABLE
        with app.app_context():
            writing = db.engine.execution_options(sqlite_begin="IMMEDIATE")
            with writing.connect() as connection, connection.begin():
                config.attributes["connection"] = connection
                getattr(command, name)(config, revision)

    return run


@pytest.fixture
def database(empty_database: Flask) -> Flask:
    """An application on a database with the newest schema, which tests here may change."""
    with empty_database.app_context():
        schema.upgrade()
        schema.ensure_schema()
    return empty_database


@pytest.fixture(scope="session")
def populated_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, alembic: Alembic
) -> Callable[[str, str], str]:
    """The URL of a migrated database with accounts, by dialect and history. Each is created once
    per worker."""

    @cache
    def make(dialect: str, history: str) -> str:
        folder = tmp_path_factory.mktemp("populated")
        url = f"sqlite:///{folder / 'personas.db'}"
        if dialect == "postgresql":
            url = request.getfixturevalue("postgres").create()
        values = {"PERSONAS_DATABASE_URL": url}
        app = create_app("test", values=values, instance_path=str(folder))
        with app.app_context():
            schema.upgrade()
            if history == "upgraded again":
                alembic(app, "downgrade", "base")
                schema.upgrade()
            db.engine.dispose()
        connection = Raw(url)
        connection.insert_accounts()
        connection.close()
        return url

    return make


@pytest.fixture(params=HISTORIES)
def history(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=RAW)
def raw(
    request: pytest.FixtureRequest,
    history: str,
    populated_database: Callable[[str, str], str],
    tmp_path: Path,
) -> Iterator[Raw]:
    """A raw connection to a database with accounts: every dialect, every history.

    A SQLite file is copied for each test. On PostgreSQL, where a copy takes a hundred times as
    long, the tests share a database whose accounts are inserted again.
    """
    dialect = request.param.split()[0]
    url = populated_database(dialect, history)
    if dialect == "sqlite":
        url = f"sqlite:///{shutil.copy(str(make_url(url).database), tmp_path / 'raw.db')}"
    connection = Raw(url, foreign_keys="without foreign keys" not in request.param)
    if dialect == "postgresql":
        connection.insert_accounts()
    yield connection
    connection.close()
