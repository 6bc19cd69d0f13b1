"""The one SQLite driver, and the engine of an application: SQLite's pragmas and how it begins."""

from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from personas.database.types import Base

try:
    # A build without the corruption bug that WAL had from 3.7.0 to 3.51.2
    from pysqlite3 import dbapi2 as driver  # noqa: TID251  the one place that chooses
except ImportError:
    import sqlite3 as driver  # noqa: TID251  no wheel for this machine

sqlite = driver  # by this name for all others
BUSY_TIMEOUT = 5.0  # seconds

# autobegin=False: a query outside read() and write() is an error, not a transaction left open
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"autobegin": False, "expire_on_commit": False}
)


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite lacks the bug that could corrupt a WAL shared by several connections
    (sqlite.org/wal.html, "the WAL-reset bug"; fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    return (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
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


def sqlite_build() -> str:
    """Which SQLite is at work, for people."""
    carrier = sqlite.__name__.partition(".")[0]
    return f"SQLite {sqlite.sqlite_version} ({carrier})"
