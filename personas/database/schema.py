"""Create, migrate and check the schema at start (contract, section 7)."""

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
    """Whether this process has checked that the schema is current."""

    is_current: bool = False


class SchemaMismatch(ConfigError):
    """The database is not at the revision that this version of the service needs."""


def migrations() -> Path:
    """The migrations folder: beside the package in a checkout, inside the package in a wheel."""
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def head() -> str:
    """The newest revision. Files are numbered, so alembic need not be imported."""
    return max(path.name[:4] for path in (migrations() / "versions").glob("[0-9]*.py"))


def ensure_schema() -> None:
    """Make the schema current, once per process.

    A SQLite file is created and migrated by one process; the others wait. PostgreSQL is migrated
    only by `flask personas upgrade`. Raises SchemaMismatch if the database is older or newer and
    is not migrated here; ConfigError if a production database is opened in another environment.
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
    """Migrate the database to the newest revision and return that revision.

    Everything happens in one transaction. The revision is read again when the lock is held: of
    many processes, only one migrates. Raises SchemaMismatch for a database that is newer than
    this service, ConfigError for a production database opened in another environment.
    """
    _check_deployment()
    with db.engine.connect() as connection:
        if current_revision(connection) == head():
            return head()
    writing = db.engine.execution_options(sqlite_begin="IMMEDIATE")
    with writing.connect() as connection, _long_busy_timeout(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7065727)"))
        revision = current_revision(connection)
        if revision is not None and revision > head():
            raise _database_too_new(revision)
        if revision != head():
            _run_alembic(connection)
    return head()


@contextmanager
def _long_busy_timeout(connection: sa.Connection) -> Iterator[None]:
    """Wait up to a minute for another process that migrates; a request waits five seconds."""
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
    """The revision of the database; None if it has none of our tables."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return revision


def _run_alembic(connection: sa.Connection) -> None:
    from alembic import command  # takes 60 ms: only a migration should pay for it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    command.upgrade(config, "head")


def _create_file(path: Path) -> None:
    """Create the file with mode 0600: it contains password hashes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:  # SQLite will fail too, but without the reason
        current_app.logger.error("cannot open the database %s: %s", path, error.strerror)


def check_revision() -> str:
    """The revision of the database. Raises SchemaMismatch if it is not the newest one."""
    with db.engine.connect() as connection:
        revision = current_revision(connection)
    if revision is None:
        raise SchemaMismatch("The database has no personas tables yet. Run: flask personas upgrade")
    if revision < head():
        raise SchemaMismatch(
            f"The database is at revision {revision}, but this version of personas needs {head()}. "
            "Run: flask personas upgrade"
        )
    if revision > head():
        raise _database_too_new(revision)
    return revision


def _database_too_new(revision: str) -> SchemaMismatch:
    return SchemaMismatch(
        f"The database is at revision {revision}, but this version of personas supports only "
        f"{head()}. Install the version that migrated the database, or a newer one."
    )


def _check_deployment() -> None:
    """Do not open or migrate a production database in another environment: development passwords
    are published, and a seed would create ten founder accounts with them."""
    if not current(Settings).is_production and _was_used_in_production():
        raise ConfigError(
            "This database was used in production. Set PERSONAS_ENV=production and the production "
            "secrets, or set PERSONAS_DATABASE_URL to another database."
        )


def _mark_deployment() -> None:
    if current(Settings).is_production and not _was_used_in_production():
        with write():
            row = insert(deployments).values(environment="production", since=clock.now())
            db.session.execute(row.on_conflict_do_nothing())


def _was_used_in_production() -> bool:
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table(deployments.name):
            return False
        return connection.scalar(sa.select(deployments.c.environment)) is not None


def describe_database() -> str:
    """The current database, as text for people: SQLite's build and journal mode, or the server."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            return f"{sqlite_build()}, journal mode {journal}"
        return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"
