"""SQLite's REPLACE silently deletes the conflicting row: it never replaces a human with a persona
or a persona with a human, with foreign keys or without."""

from contextlib import suppress

import pytest

from tests.database.raw import ANN, BOB, CAT, EVE, PROMPT, Raw

pytestmark = pytest.mark.parametrize(
    "raw", ["sqlite", "sqlite without foreign keys"], indirect=True
)

INTO = "INTO users (id, email, name, kind)"
WITHOUT_KIND = "INTO users (id, email, name)"
EVES = "'eve@example.org', 'Eve'"
DESCRIBED = f"'solo-dev', '{PROMPT}', '{{\"todo\": 1}}'"

INSERTS = {
    "a human's id": f"INSERT OR REPLACE {INTO} VALUES ('{ANN}', {EVES}, 'persona')",
    "a human's email": f"""INSERT OR REPLACE {INTO}
        VALUES ('{EVE}', 'ann@example.org', 'Eve', 'persona')""",
    "a human's id and email": f"""INSERT OR REPLACE {INTO}
        VALUES ('{ANN}', 'ann@example.org', 'Ann', 'persona')""",
    "two humans": f"""INSERT OR REPLACE {INTO}
        VALUES ('{ANN}', 'cat@example.org', 'Ann', 'persona')""",
    "a human and itself": f"""INSERT OR REPLACE {INTO}
        VALUES ('{BOB}', 'ann@example.org', 'Bob', 'persona')""",
    "a persona's id": f"INSERT OR REPLACE {INTO} VALUES ('{BOB}', {EVES}, 'human')",
    "a persona's email": f"""INSERT OR REPLACE {INTO}
        VALUES ('{EVE}', 'persona.bob@mana.test', 'Eve', 'human')""",
    "kind null": f"INSERT OR REPLACE {INTO} VALUES ('{ANN}', {EVES}, NULL)",
    "kind left out": f"INSERT OR REPLACE {WITHOUT_KIND} VALUES ('{ANN}', {EVES})",
    "short form": f"REPLACE {INTO} VALUES ('{ANN}', {EVES}, 'persona')",
    "after a valid row": f"""REPLACE {INTO}
        VALUES ('{EVE}', {EVES}, 'persona'), ('{ANN}', 'fay@example.org', 'Fay', 'persona')""",
    "selected": f"""REPLACE {INTO}
        SELECT id, email, name, 'persona' FROM users WHERE kind = 'human'""",
    "or ignore": f"INSERT OR IGNORE {INTO} VALUES ('{ANN}', {EVES}, 'persona')",
    "or fail": f"INSERT OR FAIL {INTO} VALUES ('{ANN}', {EVES}, 'persona')",
    "or rollback": f"INSERT OR ROLLBACK {INTO} VALUES ('{ANN}', {EVES}, 'persona')",
    "an id in bytes": f"REPLACE {INTO} VALUES (CAST('{ANN}' AS BLOB), {EVES}, 'persona')",
    "an email in bytes": f"""REPLACE {INTO}
        VALUES ('{EVE}', CAST('ann@example.org' AS BLOB), 'Eve', 'persona')""",
    "a kind in bytes": f"REPLACE {INTO} VALUES ('{ANN}', {EVES}, CAST('human' AS BLOB))",
    "replace, then update": f"""INSERT OR REPLACE {INTO}
        VALUES ('{ANN}', 'cat@example.org', 'Ann', 'persona')
        ON CONFLICT (id) DO UPDATE SET kind = 'persona'""",
}
UPDATES = {
    "kind": f"UPDATE OR REPLACE users SET kind = 'persona' WHERE id = '{ANN}'",
    "kind, ignored": f"UPDATE OR IGNORE users SET kind = 'persona' WHERE id = '{ANN}'",
    "a human's email": f"UPDATE OR REPLACE users SET email = 'ann@example.org' WHERE id = '{BOB}'",
    "a human's id": f"UPDATE OR REPLACE users SET id = '{ANN}' WHERE id = '{BOB}'",
    "two humans": f"""UPDATE OR REPLACE users SET id = '{ANN}', email = 'cat@example.org'
        WHERE id = '{BOB}'""",
    "a human's id and kind": f"""UPDATE OR REPLACE users SET id = '{ANN}', kind = 'human'
        WHERE id = '{BOB}'""",
    "a human's email and kind": f"""UPDATE OR REPLACE users SET email = 'ann@example.org',
        kind = 'human' WHERE id = '{BOB}'""",
    "a persona's email": f"""UPDATE OR REPLACE users SET email = 'persona.bob@mana.test'
        WHERE id = '{CAT}'""",
    "a persona's id": f"UPDATE OR REPLACE users SET id = '{BOB}' WHERE id = '{CAT}'",
    "a human's email, ignored": f"""UPDATE OR IGNORE users SET email = 'ann@example.org'
        WHERE id = '{BOB}'""",
    "every account's email": "UPDATE OR REPLACE users SET email = 'ann@example.org'",
}
DESCRIPTORS = {
    "a human": f"""REPLACE INTO personas (user_id, archetype, system_prompt, module_mix)
        VALUES ('{ANN}', {DESCRIBED})""",
    "a human, as human": f"""REPLACE INTO personas (user_id, kind, archetype, system_prompt,
        module_mix) VALUES ('{ANN}', 'human', {DESCRIBED})""",
    "moved": f"UPDATE OR REPLACE personas SET user_id = '{ANN}'",
    "moved, as human": f"UPDATE OR REPLACE personas SET user_id = '{ANN}', kind = 'human'",
    "moved, ignored": f"UPDATE OR IGNORE personas SET user_id = '{ANN}'",
}


@pytest.mark.parametrize("attempt", INSERTS)
def test_an_insert_replaces_no_account_of_another_kind(raw: Raw, attempt: str) -> None:
    raw.assert_refused(INSERTS[attempt])


@pytest.mark.parametrize("attempt", UPDATES)
def test_an_update_replaces_no_account_of_another_kind(raw: Raw, attempt: str) -> None:
    raw.assert_refused(UPDATES[attempt])


@pytest.mark.parametrize("attempt", DESCRIPTORS)
def test_a_descriptor_is_not_replaced_for_a_human(raw: Raw, attempt: str) -> None:
    raw.assert_refused(DESCRIPTORS[attempt])


@pytest.mark.parametrize("attempt", DESCRIPTORS)
def test_the_triggers_work_when_checks_are_ignored(raw: Raw, attempt: str) -> None:
    raw.run("PRAGMA ignore_check_constraints = ON")

    raw.assert_refused(DESCRIPTORS[attempt])


@pytest.mark.parametrize("name", ["rowid", "_rowid_", "oid"])
def test_rows_cannot_be_replaced_by_rowid(raw: Raw, name: str) -> None:
    before = raw.accounts()

    with pytest.raises(raw.connection.OperationalError, match="no such column"):
        raw.run(f"UPDATE OR REPLACE users SET {name} = 1 WHERE kind = 'persona'")
    with pytest.raises(raw.connection.OperationalError, match="no such column"):
        raw.run(f"UPDATE OR REPLACE personas SET {name} = 1")

    assert raw.accounts() == before


@pytest.mark.parametrize(
    ("orphan", "take_over"),
    [
        (
            f"DELETE FROM users WHERE id = '{BOB}'",
            f"INSERT {INTO} VALUES ('{BOB}', {EVES}, 'human')",
        ),
        (
            f"UPDATE users SET id = '{EVE}' WHERE id = '{BOB}'",
            f"UPDATE users SET id = '{BOB}' WHERE id = '{ANN}'",
        ),
    ],
    ids=["a new human", "a human that moves"],
)
def test_no_human_takes_over_an_orphaned_descriptor(raw: Raw, orphan: str, take_over: str) -> None:
    """Without foreign keys a descriptor can lose its persona; it must not become a human's."""
    with suppress(*raw.refusal):
        raw.run(orphan)
        raw.run(take_over)

    query = "SELECT users.kind FROM personas JOIN users ON users.id = personas.user_id"
    assert ("human",) not in raw.run(query)


def test_a_persona_can_still_replace_itself(raw: Raw) -> None:
    raw.run(f"REPLACE {INTO} VALUES ('{BOB}', 'persona.bob@mana.test', 'Bobby', 'persona')")

    assert raw.run(f"SELECT name, kind FROM users WHERE id = '{BOB}'") == [("Bobby", "persona")]
