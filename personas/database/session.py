"""The only two ways to use the session, `read()` and `write()`; and statements they share."""

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
