"""The schema at start: who makes it, who waits, who refuses (contract, section 7)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from personas.config.settings import ConfigError, Settings
from personas.database import clock
from personas.database.engine import BUSY_TIMEOUT, db, sqlite_build
from personas.database.session import insert, write
from personas.database.types import Base, UTCDateTime
from personas.state import current

VERSION_TABLE = "personas_version"

deployments = sa.Table(
    "deployments",
    Base.metadata,
    sa.Column("environment", sa.String(16), primary_key=True),
    sa.Column("since", UTCDateTime, nullable=False),
    sa.CheckConstraint("environment = 'production'", name="environment"),
)


@dataclass
class SchemaProgress:
    """Whether this process has made sure that the schema is current."""

    is_current: bool = False


class SchemaMismatch(ConfigError):
    """The database stands at another revision than this version of the service needs."""


def migrations() -> Path:
    """The folder of the migrations: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def head() -> str:
    """The newest revision. They are numbered, so that no alembic is needed to know it."""
    return max(path.name[:4] for path in (migrations() / "versions").glob("[0-9]*.py"))


def ensure_schema() -> None:
    """Make the schema current, once a process.

    A SQLite file is created and migrated: one process does it, the others wait. PostgreSQL is
    left to `flask personas upgrade`. Raises SchemaMismatch where the database is older (or
    newer) and may not be migrated; ConfigError where a database that has served in production
    is opened as another environment.
    """
    progress = current(SchemaProgress)
    if progress.is_current:
        return
    if db.engine.dialect.name == "sqlite":
        _create_file(Path(str(db.engine.url.database)))
        upgrade()
    check_revision()
    _check_deployment()
    _mark_deployment()
    progress.is_current = True


def upgrade() -> str:
    """Bring the database to the newest revision; answer that revision.

    One transaction around everything; the revision is read again once the lock is held, so
    that of many processes one migrates and the others find it done. Raises SchemaMismatch for
    a database that is newer than this service, ConfigError where it has served in production.
    """
    _check_deployment()
    with db.engine.connect() as connection:
        if current_revision(connection) == head():
            return head()
    writing = db.engine.execution_options(sqlite_begin="IMMEDIATE")
    with writing.connect() as connection, _patience(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7065727)"))
        found = current_revision(connection)
        if found is not None and found > head():
            raise _newer(found)
        if found != head():
            _run_alembic(connection)
    return head()


@contextmanager
def _patience(connection: sa.Connection) -> Iterator[None]:
    """While another process migrates, wait a minute, not the five seconds of a request."""
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 60000")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")
        cursor.close()


def current_revision(connection: sa.Connection) -> str | None:
    """The revision of the database; None where there is none of our tables."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return revision


def _run_alembic(connection: sa.Connection) -> None:
    from alembic import command  # takes 60 ms, which only a migration should cost
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    command.upgrade(config, "head")


def _create_file(path: Path) -> None:
    """It holds password hashes: nobody else may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:  # SQLite will say so as well, but not why
        current_app.logger.error("the database %s cannot be opened: %s", path, error.strerror)


def check_revision() -> str:
    """The revision of the database. Raises SchemaMismatch where it is not ours."""
    with db.engine.connect() as connection:
        found = current_revision(connection)
    if found is None or found < head():
        raise SchemaMismatch(
            f"The database is at revision {found or 'none'}, this version of personas needs "
            f"{head()}. Run: flask personas upgrade"
        )
    if found > head():
        raise _newer(found)
    return found


def _newer(found: str) -> SchemaMismatch:
    return SchemaMismatch(
        f"The database is at revision {found}, this version of personas knows only {head()}. "
        "Install the version that migrated it."
    )


def _check_deployment() -> None:
    """Ten founder accounts with published passwords do not belong on a production host: a
    database once served there is not opened, nor migrated, as development again."""
    if not current(Settings).is_production and _has_served():
        raise ConfigError(
            "This database has served in production. Set PERSONAS_ENV=production (and its "
            "secrets), or name another PERSONAS_DATABASE_URL."
        )


def _mark_deployment() -> None:
    if current(Settings).is_production and not _has_served():
        with write():
            row = insert(deployments).values(environment="production", since=clock.now())
            db.session.execute(row.on_conflict_do_nothing())


def _has_served() -> bool:
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table(deployments.name):
            return False
        return connection.scalar(sa.select(deployments.c.environment)) is not None


def describe() -> str:
    """The database at work, for people: its build and journal mode, or its server."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            return f"{sqlite_build()}, journal mode {journal}"
        return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"
