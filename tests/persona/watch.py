"""Helpers that read and change the database directly, and observe argon2."""

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
    """All columns of the stored account with this e-mail."""
    with app.app_context(), db.engine.connect() as connection:
        query = "SELECT * FROM users WHERE email = ?"
        row = connection.exec_driver_sql(query, (email,)).mappings().one_or_none()
        return dict(row) if row else None


def execute(app: Flask, sql: str, *values: object) -> None:
    """Execute SQL directly in the database, without the service."""
    with app.app_context():
        ensure_schema()
        with db.engine.begin() as connection:
            connection.exec_driver_sql(sql, values)


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls to argon2 from now on, `hash` or `verify`; each call is appended."""
    calls: list[str] = []
    for name in ("hash", "verify"):
        beside_hashing(monkeypatch, name, lambda name=name: calls.append(name))  # type: ignore[misc]
    return calls


def beside_hashing(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]) -> None:
    """Call `act` before each `hash` or `verify` of argon2."""
    method = getattr(PasswordHasher, name)

    def watched(self: PasswordHasher, *args: Any) -> Any:
        act()
        return method(self, *args)

    monkeypatch.setattr(PasswordHasher, name, watched)
