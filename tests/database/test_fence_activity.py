"""The activity of personas is limited in raw SQL too, and always belongs to a persona."""

import pytest

from tests.database.raw import ANN, BOB, EVE, SYD, Raw
from tests.database.test_fence_bounds import text, with_ids

# these tables have no triggers: their limits are the same after each history
pytestmark = pytest.mark.parametrize("history", ["upgraded"], indirect=True)
LARGEST, TOO_LARGE = "2147483647", "2147483648"
TABLES = ("persona_actions", "persona_feedback", "action_counts", "action_days", "feedback_days")

OUTSIDE = [
    ("persona_actions", "result", "'maybe'"),
    ("persona_actions", "result", "'OK'"),
    ("persona_actions", "result", "''"),
    ("persona_actions", "result", "NULL"),
    ("persona_actions", "latency_ms", "-1"),
    ("persona_actions", "seq", "-1"),
    ("persona_actions", "seq", "NULL"),
    ("persona_actions", "batch", "'9f86'"),
    ("persona_actions", "batch", "NULL"),
    ("persona_actions", "tick_id", "''"),
    ("persona_actions", "tick_id", text(256)),
    ("persona_actions", "tick_id", "NULL"),
    ("persona_actions", "tool_name", "''"),
    ("persona_actions", "tool_name", text(201)),
    ("persona_actions", "tool_name", "NULL"),
    ("persona_actions", "input_hash", "''"),
    ("persona_actions", "input_hash", text(129)),
    ("persona_actions", "error_message", text(2001)),
    ("persona_actions", "occurred_at", "NULL"),
    ("persona_actions", "is_dated", "NULL"),
    ("persona_feedback", "rating", "0"),
    ("persona_feedback", "rating", "6"),
    ("persona_feedback", "rating", "-4"),
    ("persona_feedback", "rating", "NULL"),
    ("persona_feedback", "tick_id", "''"),
    ("persona_feedback", "tick_id", text(256)),
    ("persona_feedback", "module", "''"),
    ("persona_feedback", "module", text(201)),
    ("persona_feedback", "notes", text(2001)),
    ("persona_feedback", "occurred_at", "NULL"),
    ("action_counts", "span", "'week'"),
    ("action_counts", "span", "NULL"),
    ("action_counts", "actions", "0"),
    ("action_counts", "actions", "-1"),
    ("action_days", "actions", "0"),
    ("action_days", "errors", "-1"),
    ("action_days", "errors", "4"),  # of three actions
    ("feedback_days", "rated_5", "-1"),
    ("feedback_days", "last_rating", "0"),
    ("feedback_days", "last_rating", "6"),
    *((table, "persona_id", "NULL") for table in TABLES),
]
# PostgreSQL rounds or refuses these in integer columns; SQLite would store them
NOT_INTEGERS = [
    ("persona_actions", "latency_ms", "1.5"),
    ("persona_actions", "latency_ms", TOO_LARGE),
    ("persona_actions", "latency_ms", "'soon'"),
    ("persona_actions", "latency_ms", "x'01'"),
    ("persona_actions", "seq", "0.5"),
    ("persona_actions", "seq", TOO_LARGE),
    ("persona_actions", "is_dated", "2"),
    ("persona_feedback", "rating", "4.5"),
    ("persona_feedback", "rating", "'four'"),
    ("persona_feedback", "rating", "''"),
    ("action_counts", "actions", "1.5"),
    ("action_counts", "actions", TOO_LARGE),
    ("action_days", "actions", "3.5"),
    ("action_days", "errors", "0.5"),
    ("feedback_days", "rated_1", "0.5"),
    ("feedback_days", "last_rating", "4.5"),
]
WITHIN = [
    ("persona_actions", "result", "'ok'"),
    ("persona_actions", "latency_ms", "0"),
    ("persona_actions", "latency_ms", LARGEST),
    ("persona_actions", "seq", LARGEST),
    ("persona_actions", "batch", text(64)),
    ("persona_actions", "tick_id", text(255)),
    ("persona_actions", "tool_name", text(200)),
    ("persona_actions", "input_hash", text(128)),
    ("persona_actions", "error_message", text(2000)),
    ("persona_actions", "error_message", "''"),
    *(("persona_feedback", "rating", str(stars)) for stars in range(1, 6)),
    ("persona_feedback", "tick_id", text(255)),
    ("persona_feedback", "module", text(200)),
    ("persona_feedback", "notes", text(2000)),
    ("action_counts", "span", "'hour'"),
    ("action_counts", "actions", LARGEST),
    ("action_days", "errors", "3"),
    ("feedback_days", "rated_5", LARGEST),
]
BOTH = pytest.mark.parametrize("raw", ["sqlite", "postgresql"], indirect=True)


@BOTH
@pytest.mark.parametrize(("table", "column", "value"), with_ids(OUTSIDE))
def test_values_outside_the_limits_are_refused(
    raw: Raw, table: str, column: str, value: str
) -> None:
    raw.assert_refused(f"UPDATE {table} SET {column} = {value}")


@pytest.mark.parametrize("raw", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("table", "column", "value"), with_ids(NOT_INTEGERS))
def test_sqlite_stores_only_integers_like_postgresql(
    raw: Raw, table: str, column: str, value: str
) -> None:
    raw.assert_refused(f"UPDATE {table} SET {column} = {value}")


@BOTH
def test_digits_in_a_text_are_stored_as_a_number(raw: Raw) -> None:
    raw.run("UPDATE persona_feedback SET rating = '5'")
    raw.run("UPDATE persona_actions SET latency_ms = '7'")

    assert raw.run("SELECT rating, latency_ms FROM persona_feedback, persona_actions") == [(5, 7)]


@BOTH
@pytest.mark.parametrize(("table", "column", "value"), with_ids(WITHIN))
def test_values_at_the_limits_are_stored(raw: Raw, table: str, column: str, value: str) -> None:
    raw.run(f"UPDATE {table} SET {column} = {value}")

    assert raw.run(f"SELECT count(*) FROM {table} WHERE {column} = {value}") == [(1,)]


@BOTH
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("account_id", [ANN, SYD, EVE], ids=["a human", "a system", "no account"])
def test_activity_belongs_only_to_a_persona(raw: Raw, table: str, account_id: str) -> None:
    raw.assert_refused(f"UPDATE {table} SET persona_id = '{account_id}'")


@BOTH
@pytest.mark.parametrize(
    "statement",
    [
        f"""INSERT INTO persona_actions (persona_id, tick_id, seq, tool_name, result)
            VALUES ('{BOB}', 'tick', 0, 'notes.add', 'ok')""",
        f"""INSERT INTO persona_feedback (persona_id, tick_id, module, rating)
            VALUES ('{BOB}', 'tick', 'todo', 1)""",
    ],
    ids=["action", "rating"],
)
def test_a_duplicate_row_is_refused(raw: Raw, statement: str) -> None:
    raw.assert_refused(statement)


@BOTH
def test_a_different_batch_or_tick_is_a_different_row(raw: Raw) -> None:
    for tick, batch in (("tick", "a" * 64), ("tick", "b" * 64), ("tick-0", "")):
        raw.run(
            f"""INSERT INTO persona_actions (persona_id, tick_id, batch, seq, tool_name, result)
            VALUES ('{BOB}', '{tick}', '{batch}', 0, 'todo.create', 'ok')"""
        )

    assert raw.run("SELECT count(*) FROM persona_actions") == [(4,)]


@pytest.mark.parametrize("raw", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", TABLES)
def test_the_table_has_no_rowid(raw: Raw, table: str) -> None:
    with pytest.raises(raw.connection.OperationalError, match="no such column"):
        raw.run(f"SELECT rowid FROM {table}")
