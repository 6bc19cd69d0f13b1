"""Accounts that a worker creates once and then copies, as rows, into the database of each test.

Registering costs ten milliseconds, and most tests need an account or two. The service itself
creates the first account of each key. Its rows are kept, and inserted again if a later test needs
the same account.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy.exc import IntegrityError

from personas.database import clock
from personas.database.engine import db
from personas.database.session import read, write
from tests.people import Account

NOW = clock.now
MAX_AGE = 300.0  # seconds: an access token is valid for 15 minutes
# the column that names the account, by table, in the order that their foreign keys require
OWNERS = {
    "users": "id",
    "personas": "user_id",
    "spaces": "personal_of",
    "space_members": "user_id",
    "sessions": "user_id",
    "audit_events": "target",
}


@dataclass(frozen=True)
class Rows:
    """An account and its rows by table."""

    account: Account
    tables: Mapping[str, Sequence[tuple[Any, ...]]]
    created: float = field(default_factory=time.monotonic)


class AccountCache:
    def __init__(self, app: Flask) -> None:
        """`app` is the shared application: only its databases share their secrets."""
        self._app = app
        self._rows: dict[Hashable, Rows] = {}

    def create(self, app: Flask, key: Hashable, make: Callable[[], Account]) -> Account:
        """The account of this key: its rows if they can be inserted, else what `make` creates."""
        if app is not self._app or clock.now is not NOW:  # other secrets, or another time
            return make()
        rows = self._rows.get(key)
        if rows and time.monotonic() - rows.created < MAX_AGE and self._insert(rows):
            return rows.account
        account = make()
        self._rows[key] = Rows(account, self._read(account.id))
        return account

    def _read(self, user_id: str) -> dict[str, list[tuple[Any, ...]]]:
        with self._app.app_context(), read():
            execute = db.session.connection().exec_driver_sql
            tables = {
                table: execute(f"SELECT * FROM {table} WHERE {column} = ?", (user_id,)).all()
                for table, column in OWNERS.items()
            }
        return {table: [*map(tuple, rows)] for table, rows in tables.items() if rows}

    def _insert(self, rows: Rows) -> bool:
        """Insert the rows if nothing in the database is newer, and no e-mail or slug is taken."""
        try:
            with self._app.app_context(), write():
                execute = db.session.connection().exec_driver_sql
                newest = execute("SELECT max(id) FROM audit_events").scalar()
                if newest is not None and newest > rows.account.id:
                    return False
                for table, values in rows.tables.items():
                    marks = ", ".join("?" * len(values[0]))
                    execute(f"INSERT INTO {table} VALUES ({marks})", [*values])
        except IntegrityError:
            return False
        return True
