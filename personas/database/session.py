"""`read()` and `write()`, the only two ways to use the session, and shared statements."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect

from personas.database.engine import db
from personas.database.types import Base

SNAPSHOT = {"postgresql": {"isolation_level": "REPEATABLE READ"}}


@contextmanager
def read() -> Iterator[None]:
    """One short read transaction; all its queries see the same snapshot. Loaded rows are detached
    and stay usable."""
    # SQLite always reads a snapshot; PostgreSQL would otherwise see later commits of others
    with _transaction(**SNAPSHOT.get(db.engine.dialect.name, {})):
        yield


@contextmanager
def write() -> Iterator[None]:
    """One write transaction, committed at the end, rolled back by an exception.

    Do nothing slow inside (hashing, signing, mail), and check preconditions again inside: what
    was read before may have changed. It does not nest.
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
        session.close()  # rolls back what was not committed; detaches loaded rows


def insert(model: type[Base] | sa.Table) -> Any:
    """An INSERT with ON CONFLICT, in the dialect of the current database.

    `Any`: the classes of both dialects have these methods, but no common base class declares them.
    """
    module = sqlite_dialect if db.engine.dialect.name == "sqlite" else postgresql
    return module.insert(model)


def insert_many(
    table: sa.Table, columns: Sequence[str], values: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows in the current transaction without SQLAlchemy's own insert, which takes three
    times as long. Values are in the order of `columns` and already in the driver's form."""
    connection = db.session.connection()
    placeholder = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    placeholders = ", ".join([placeholder] * len(columns))
    names = ", ".join(columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({placeholders})"  # noqa: S608  our own names
    connection.exec_driver_sql(statement, list(values))


def page(
    query: Any, key: Any, *, limit: int | None, cursor: str | None
) -> tuple[list[Any], str | None]:
    """The rows of one page, newest first by `key` (a UUIDv7), and the cursor of the next page.

    Without `limit`, all rows. `Any`: a query is generic in the columns that its caller selects.
    """
    query = query.order_by(key.desc())
    if cursor:
        query = query.where(key < cursor)
    if limit is None:
        return list(db.session.execute(query).all()), None
    rows = list(db.session.execute(query.add_columns(key.label("key")).limit(limit + 1)).all())
    return rows[:limit], rows[limit - 1].key if len(rows) > limit else None
