"""A raw connection to a database under test, outside the ORM, and the rows in it."""

from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from personas.database.engine import sqlite

ANN = "01990000-0000-7000-8000-00000000000a"  # a human
BOB = "01990000-0000-7000-8000-00000000000b"  # a persona
CAT = "01990000-0000-7000-8000-00000000000c"  # a human who is an admin
SYD = "01990000-0000-7000-8000-00000000000d"  # of kind system
EVE = "01990000-0000-7000-8000-00000000000e"  # no account yet
PROMPT = "You are Bob, with a life and habits of your own."

ACCOUNTS = (
    f"""
    INSERT INTO users (id, email, name, kind, role) VALUES
        ('{ANN}', 'ann@example.org', 'Ann', 'human', 'user'),
        ('{BOB}', 'persona.bob@mana.test', 'Bob', 'persona', 'user'),
        ('{CAT}', 'cat@example.org', 'Cat', 'human', 'admin'),
        ('{SYD}', 'syd@example.org', 'Syd', 'system', 'service')
    """,
    f"""
    INSERT INTO personas (user_id, archetype, system_prompt, module_mix)
    VALUES ('{BOB}', 'solo-dev', '{PROMPT}', '{{"todo": 1}}')
    """,
    f"""
    INSERT INTO sessions (id, user_id, created_at, refreshed_at, expires_at)
    VALUES ('{EVE}', '{BOB}', current_timestamp, current_timestamp, current_timestamp)
    """,
    f"""
    INSERT INTO persona_actions (persona_id, tick_id, seq, tool_name, input_hash, result,
        error_message, latency_ms)
    VALUES ('{BOB}', 'tick', 0, 'todo.create', '9f86', 'error', 'No.', 12)
    """,
    f"""
    INSERT INTO persona_feedback (persona_id, tick_id, module, rating, notes)
    VALUES ('{BOB}', 'tick', 'todo', 4, 'Good.')
    """,
    f"""
    INSERT INTO action_counts (persona_id, span, starts_at, actions)
    VALUES ('{BOB}', 'day', '2026-03-01 00:00:00', 1)
    """,
    f"""
    INSERT INTO action_days (persona_id, day, tool_name, actions, errors)
    VALUES ('{BOB}', '2026-03-01', 'todo.create', 3, 1)
    """,
    f"""
    INSERT INTO feedback_days (persona_id, day, module, rated_1, rated_2, rated_3, rated_4,
        rated_5, last_rating, last_at)
    VALUES ('{BOB}', '2026-03-01', 'todo', 0, 1, 0, 2, 0, 4, '2026-03-01 08:30:00')
    """,
)
OWNED = {  # tables of rows that belong to accounts, and their keys
    "personas": "user_id",
    "sessions": "id",
    "persona_actions": "persona_id, tick_id, seq",
    "persona_feedback": "persona_id, tick_id, module",
    "action_counts": "persona_id, span, starts_at",
    "action_days": "persona_id, day, tool_name",
    "feedback_days": "persona_id, day, module",
}


class Raw:
    """Runs statements, each in its own transaction. `refusal` holds what the driver raises for a
    violated constraint, trigger or column length: never for a mistake in the SQL."""

    def __init__(self, url: str, *, foreign_keys: bool = True) -> None:
        self.dialect = make_url(url).get_backend_name()
        self.connection: Any
        self.refusal: tuple[type[Exception], ...]
        if self.dialect == "sqlite":
            self.connection = sqlite.connect(make_url(url).database, isolation_level=None)
            self.run(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
            self.refusal = (sqlite.IntegrityError,)
        else:
            plain = make_url(url).set(drivername="postgresql")
            self.connection = psycopg.connect(
                plain.render_as_string(hide_password=False), autocommit=True
            )
            self.refusal = (
                psycopg.errors.IntegrityError,
                psycopg.errors.StringDataRightTruncation,
            )

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        cursor.close()
        return list(rows)

    def insert_accounts(self) -> None:
        """Leave exactly the accounts above."""
        for statement in ("DELETE FROM users", *ACCOUNTS):
            self.run(statement)

    def accounts(self) -> list[list[tuple[Any, ...]]]:
        """Every column of every account and of the rows that belong to it."""
        return [
            self.run("SELECT * FROM users ORDER BY id"),
            *(self.run(f"SELECT * FROM {table} ORDER BY {key}") for table, key in OWNED.items()),
        ]

    def assert_refused(self, statement: str) -> None:
        """Assert that the statement is refused and changes no column of any account."""
        before = self.accounts()

        with pytest.raises(self.refusal):
            self.run(statement)

        assert self.accounts() == before

    def close(self) -> None:
        self.connection.close()
