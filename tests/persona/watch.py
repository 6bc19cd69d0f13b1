"""What the tests of personas look at from outside: every stored row, and every hash made."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

from personas.database.engine import db
from personas.database.schema import ensure_schema

Rows = list[tuple[Any, ...]]


def contents(app: Flask) -> dict[str, Rows]:
    """All rows of all tables, as they are stored."""
    with app.app_context():
        ensure_schema()
        with db.engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            return {
                table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
                for table in tables
            }


def account(app: Flask, email: str) -> dict[str, Any] | None:
    """The stored account with this e-mail, every column of it."""
    with app.app_context(), db.engine.connect() as connection:
        query = "SELECT * FROM users WHERE email = ?"
        row = connection.exec_driver_sql(query, (email,)).mappings().one_or_none()
        return dict(row) if row else None


def execute(app: Flask, sql: str, *values: object) -> None:
    """Do something to the database behind the service's back."""
    with app.app_context():
        ensure_schema()
        with db.engine.begin() as connection:
            connection.exec_driver_sql(sql, values)


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on one word per use of argon2: `hash` or `verify`."""
    calls: list[str] = []
    for name in ("hash", "verify"):
        beside_hashing(monkeypatch, name, lambda name=name: calls.append(name))  # type: ignore[misc]
    return calls


def beside_hashing(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> None:
    """Let `act` happen whenever argon2 is about to `hash` or to `verify`."""
    method = getattr(PasswordHasher, name)

    def watched(self: PasswordHasher, *args: Any) -> Any:
        act()
        return method(self, *args)

    monkeypatch.setattr(PasswordHasher, name, watched)
