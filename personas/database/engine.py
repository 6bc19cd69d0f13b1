"""Choose the SQLite driver, and create the engine with SQLite's pragmas and transaction mode."""

from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from personas.database.types import Base

try:
    # A build without the WAL corruption bug of SQLite 3.7.0 to 3.51.2
    from pysqlite3 import dbapi2 as driver  # noqa: TID251  only this module chooses the driver
except ImportError:
    import sqlite3 as driver  # noqa: TID251  there is no wheel for this machine

sqlite = driver  # other modules import this name
BUSY_TIMEOUT = 5.0  # seconds

# autobegin=False: a query outside read() and write() raises; it does not leave a transaction open
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"autobegin": False, "expire_on_commit": False}
)


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite version is free of the bug that can corrupt a WAL database with several
    connections (sqlite.org/wal.html, "the WAL-reset bug"; fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    return (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    )


def init_app(app: Flask, *, url: str) -> None:
    """Configure the engine of `app`. Opens no connection and creates no file."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    is_sqlite = url.startswith("sqlite")
    if is_sqlite:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "module": sqlite,
            # isolation_level=None: _begin starts transactions, not the driver
            "connect_args": {"isolation_level": None, "timeout": BUSY_TIMEOUT},
            # the connection used last has the most useful pages in its cache
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
        raise RuntimeError(
            "This build of SQLite does not support foreign keys. Install another build."
        )
    journal = "WAL" if wal_is_safe(sqlite.sqlite_version_info) else "DELETE"
    cursor.execute(f"PRAGMA journal_mode = {journal}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """A deferred transaction can fail at once at its first write, without waiting for the lock; an
    immediate one waits."""
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def sqlite_build() -> str:
    """The version of SQLite and its driver, as text for people."""
    package = sqlite.__name__.partition(".")[0]
    return f"SQLite {sqlite.sqlite_version} ({package})"
