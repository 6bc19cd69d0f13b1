"""Enumerations and ranges are constraints: raw SQL stores only what the contract allows."""

import pytest

from tests.database.raw import ANN, BOB, EVE, Raw

WHERE = {
    "users": f"id = '{ANN}'",
    "personas": f"user_id = '{BOB}'",
    "sessions": f"user_id = '{BOB}'",
}


def text(length: int, end: str = "") -> str:
    """An SQL literal with `length` characters."""
    return f"'{end.rjust(length, 'x')}'"


OUTSIDE = [
    ("users", "role", "'root'"),
    ("users", "role", "'Admin'"),
    ("users", "role", "''"),
    ("users", "role", "NULL"),
    ("users", "access_tier", "'gold'"),
    ("users", "access_tier", "''"),
    ("users", "access_tier", "NULL"),
    ("users", "email_verified", "NULL"),
    ("users", "email", "'Ann@example.org'"),
    ("users", "email", "'ann@EXAMPLE.org'"),
    ("users", "email", "''"),
    ("users", "email", text(2)),
    ("users", "email", text(255, "@example.org")),
    ("users", "email", "NULL"),
    ("users", "name", "''"),
    ("users", "name", text(201)),
    ("users", "name", "NULL"),
    ("users", "id", f"'{ANN[:-1]}'"),
    ("users", "id", f"'{ANN}0'"),
    ("users", "id", f"'{ANN.upper()}'"),
    ("users", "id", "NULL"),
    ("personas", "tick_cadence", "'monthly'"),
    ("personas", "tick_cadence", "'Daily'"),
    ("personas", "tick_cadence", "NULL"),
    ("personas", "archetype", "''"),
    ("personas", "archetype", text(65)),
    ("personas", "system_prompt", text(19)),
    ("personas", "system_prompt", text(20_001)),
    ("personas", "system_prompt", "NULL"),
    ("personas", "module_mix", "'[]'"),
    ("personas", "module_mix", "'null'"),
    ("personas", "module_mix", "'\"todo\"'"),
    ("personas", "module_mix", "NULL"),
    ("sessions", "generation", "-1"),
    ("sessions", "user_id", "NULL"),
]
WITHIN = [
    ("users", "role", "'admin'"),
    *(("users", "access_tier", f"'{tier}'") for tier in ("guest", "beta", "alpha", "founder")),
    ("users", "email", "'a@b'"),
    ("users", "email", text(254, "@example.org")),
    ("users", "name", text(1)),
    ("users", "name", text(200)),
    *(("personas", "tick_cadence", f"'{word}'") for word in ("hourly", "weekdays")),
    ("personas", "archetype", text(1)),
    ("personas", "archetype", text(64)),
    ("personas", "system_prompt", text(20)),
    ("personas", "system_prompt", text(20_000)),
    ("sessions", "generation", "2147483647"),
]


def with_ids(values: list[tuple[str, str, str]]) -> list[object]:
    """Parameters with ids that a terminal can show."""
    return [
        pytest.param(*value, id=f"{value[1]} {value[2][:16]} {len(value[2]) - 2}")
        for value in values
    ]


@pytest.mark.parametrize("raw", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(("table", "column", "value"), with_ids(OUTSIDE))
def test_values_outside_the_limits_are_refused(
    raw: Raw, table: str, column: str, value: str
) -> None:
    raw.assert_refused(f"UPDATE {table} SET {column} = {value} WHERE {WHERE[table]}")


@pytest.mark.parametrize("raw", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize(("table", "column", "value"), with_ids(WITHIN))
def test_values_at_the_limits_are_stored(raw: Raw, table: str, column: str, value: str) -> None:
    raw.run(f"UPDATE {table} SET {column} = {value} WHERE {WHERE[table]}")

    query = f"SELECT count(*) FROM {table} WHERE {WHERE[table]} AND {column} = {value}"
    assert raw.run(query) == [(1,)]


@pytest.mark.parametrize("kind", ["'robot'", "'Human'", "''", "NULL"])
def test_an_unknown_kind_is_refused(raw: Raw, kind: str) -> None:
    raw.assert_refused(
        f"INSERT INTO users (id, email, name, kind) VALUES ('{EVE}', 'e@x.org', 'Eve', {kind})"
    )


@pytest.mark.parametrize("raw", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", ["2", "-1", "'true'", "0.5"])
def test_a_boolean_in_sqlite_is_0_or_1(raw: Raw, value: str) -> None:
    raw.assert_refused(f"UPDATE users SET email_verified = {value} WHERE id = '{ANN}'")


@pytest.mark.parametrize("environment", ["'development'", "'test'", "''", "NULL"])
def test_only_production_is_recorded_as_a_deployment(raw: Raw, environment: str) -> None:
    raw.assert_refused(f"INSERT INTO deployments VALUES ({environment}, current_timestamp)")


@pytest.mark.parametrize("raw", ["sqlite", "postgresql"], indirect=True)
def test_a_session_belongs_to_an_account(raw: Raw) -> None:
    raw.assert_refused(f"UPDATE sessions SET user_id = '{EVE}'")
