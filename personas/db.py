"""The one driver, the one session, and the only two ways to use it: `read()` and `write()`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid_utils import uuid7

try:
    # A build without the corruption bug that WAL had from 3.7.0 to 3.51.2
    from pysqlite3 import dbapi2 as driver  # noqa: TID251  the one place that chooses
except ImportError:
    import sqlite3 as driver  # noqa: TID251  no wheel for this machine

sqlite = driver  # by this name for all others
BUSY_TIMEOUT = 5.0  # seconds
SNAPSHOT = {"postgresql": {"isolation_level": "REPEATABLE READ"}}


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite lacks the bug that could corrupt a WAL shared by several connections
    (sqlite.org/wal.html, "the WAL-reset bug"; fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    return (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    )


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as the 36 characters of the wire; later ones sort behind earlier."""
    return str(uuid7())


class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An instant. Aware and UTC in Python; SQLite, which knows no zones, stores it without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @staticmethod
    def stored(dialect: Dialect) -> Callable[[datetime], object]:
        """The value that the driver gets for an instant in UTC, as `process_bind_param` and the
        dialect would make it; for `insert_many`."""
        if dialect.name == "sqlite":
            return lambda at: at.isoformat(" ", "microseconds")[:-6]  # less its +00:00
        return lambda at: at

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


# autobegin=False: a query outside read() and write() is an error, not a transaction left open
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"autobegin": False, "expire_on_commit": False}
)


def init_app(app: Flask, *, url: str) -> None:
    """Give `app` its engine. Opens nothing, creates nothing."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    is_sqlite = url.startswith("sqlite")
    if is_sqlite:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "module": sqlite,
            # isolation_level=None: the driver begins nothing by itself, _begin does
            "connect_args": {"isolation_level": None, "timeout": BUSY_TIMEOUT},
            # the connection used last has the freshest pages in its cache
            "pool_use_lifo": True,
        }
    else:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_pre_ping": True,
            "connect_args": {"connect_timeout": 5, "options": "-c lock_timeout=5000"},
        }
    db.init_app(app)
    if is_sqlite:
        with app.app_context():
            event.listen(db.engine, "connect", _set_pragmas)
            event.listen(db.engine, "begin", _begin)


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    if cursor.execute("PRAGMA foreign_keys").fetchone() != (1,):
        raise RuntimeError("this build of SQLite ignores foreign keys")
    journal = "WAL" if wal_is_safe(sqlite.sqlite_version_info) else "DELETE"
    cursor.execute(f"PRAGMA journal_mode = {journal}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """A deferred transaction that turns into a write can fail at once, without waiting; an
    immediate one waits its turn."""
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def read() -> Iterator[None]:
    """One short read transaction, all of whose queries see the same moment; what was loaded is
    detached and stays usable."""
    # SQLite's reads are so by themselves; PostgreSQL would see what others commit meanwhile
    with _transaction(**SNAPSHOT.get(db.engine.dialect.name, {})):
        yield


@contextmanager
def write() -> Iterator[None]:
    """One write transaction, committed at the end, undone by an exception.

    Nothing slow belongs into it (hashing, signing, mail), nor does what was read before it:
    preconditions are checked again inside. It does not nest.
    """
    with _transaction(sqlite_begin="IMMEDIATE"):
        yield
        db.session.commit()


@contextmanager
def _transaction(**options: str) -> Iterator[None]:
    session = db.session()
    session.begin()
    try:
        session.connection(execution_options=options)
        yield
    finally:
        session.close()  # undoes what was not committed; detaches what was loaded


def insert(model: type[Base] | sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the words of the database at work.

    `Any`: the two dialects' classes share these methods but no base that declares them.
    """
    module = sqlite_dialect if db.engine.dialect.name == "sqlite" else postgresql
    return module.insert(model)


def insert_many(
    table: sa.Table, columns: Sequence[str], values: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows within the transaction at work, past SQLAlchemy, whose own way takes three times
    as long: values in the order of `columns`, already in the driver's form."""
    connection = db.session.connection()
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(columns))
    names = ", ".join(columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  our own names
    connection.exec_driver_sql(statement, list(values))


def page(
    query: Any, key: Any, *, limit: int | None, cursor: str | None
) -> tuple[list[Any], str | None]:
    """The rows of one page, newest first by `key` (a UUIDv7), and the cursor of the next page.

    Without `limit` all rows. `Any`: a query is generic in the columns that its caller selects.
    """
    query = query.order_by(key.desc())
    if cursor:
        query = query.where(key < cursor)
    if limit is None:
        return list(db.session.execute(query).all()), None
    rows = list(db.session.execute(query.add_columns(key.label("key")).limit(limit + 1)).all())
    return rows[:limit], rows[limit - 1].key if len(rows) > limit else None


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """The CHECK that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def sqlite_build() -> str:
    """Which SQLite is at work, for people."""
    carrier = sqlite.__name__.partition(".")[0]
    return f"SQLite {sqlite.sqlite_version} ({carrier})"
