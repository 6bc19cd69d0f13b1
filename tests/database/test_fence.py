"""No statement turns a human into a persona or a persona into a human: on each database, after
each migration history."""

import pytest

from tests.database.raw import ANN, BOB, CAT, EVE, OWNED, PROMPT, SYD, Raw

INTO = "INSERT INTO users (id, email, name, kind)"
DESCRIBE = "INSERT INTO personas (user_id, kind, archetype, system_prompt, module_mix)"
MIX = '{"todo": 1}'

CHANGES_OF_KIND = {
    "a human": f"UPDATE users SET kind = 'persona' WHERE id = '{ANN}'",
    "a human, with the stamp": f"""UPDATE users SET kind = 'persona', access_tier = 'founder',
        email_verified = true WHERE id = '{ANN}'""",
    "a persona": f"UPDATE users SET kind = 'human' WHERE id = '{BOB}'",
    "a human to system": f"UPDATE users SET kind = 'system' WHERE id = '{ANN}'",
    "a system to human": f"UPDATE users SET kind = 'human', role = 'user' WHERE id = '{SYD}'",
    "to null": f"UPDATE users SET kind = NULL WHERE id = '{ANN}'",
    "every account": "UPDATE users SET kind = 'persona', role = 'user'",
    "swapped": """UPDATE users SET role = 'user',
        kind = CASE kind WHEN 'human' THEN 'persona' ELSE 'human' END""",
    "copied": f"""UPDATE users SET kind = other.kind FROM users AS other
        WHERE users.id = '{ANN}' AND other.id = '{BOB}'""",
    "with another id": f"UPDATE users SET id = '{EVE}', kind = 'persona' WHERE id = '{ANN}'",
    "with another email": f"UPDATE users SET email = 'e@x.org', kind = 'human' WHERE id = '{BOB}'",
}
UPSERTS = {
    "persona by a human's id": f"""{INTO} VALUES ('{ANN}', 'eve@example.org', 'Eve', 'persona')
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind""",
    "human by a human's id": f"""{INTO} VALUES ('{ANN}', 'eve@example.org', 'Eve', 'human')
        ON CONFLICT (id) DO UPDATE SET kind = 'persona'""",
    "persona by a human's email": f"""{INTO} VALUES ('{EVE}', 'ann@example.org', 'Eve', 'persona')
        ON CONFLICT (email) DO UPDATE SET kind = excluded.kind""",
    "human by a human's email": f"""{INTO} VALUES ('{EVE}', 'ann@example.org', 'Eve', 'human')
        ON CONFLICT (email) DO UPDATE SET kind = 'persona'""",
    "human by a persona's id": f"""{INTO} VALUES ('{BOB}', 'eve@example.org', 'Eve', 'human')
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind""",
    "human by a persona's email": f"""{INTO} VALUES ('{EVE}', 'persona.bob@mana.test', 'B', 'human')
        ON CONFLICT (email) DO UPDATE SET kind = excluded.kind""",
    "persona takes a human's email": f"""{INTO}
        VALUES ('{BOB}', 'persona.bob@mana.test', 'Bob', 'persona')
        ON CONFLICT (id) DO UPDATE SET email = 'ann@example.org'""",
    "a descriptor to a human": f"""{DESCRIBE}
        VALUES ('{BOB}', 'persona', 'solo-dev', '{PROMPT}', '{MIX}')
        ON CONFLICT (user_id) DO UPDATE SET user_id = '{ANN}'""",
}
DUPLICATES = {
    "a human's id": f"{INTO} VALUES ('{ANN}', 'eve@example.org', 'Eve', 'persona')",
    "a human's email": f"{INTO} VALUES ('{EVE}', 'ann@example.org', 'Eve', 'persona')",
    "a human's id and email": f"{INTO} VALUES ('{ANN}', 'ann@example.org', 'Eve', 'persona')",
    "a persona's id": f"{INTO} VALUES ('{BOB}', 'eve@example.org', 'Eve', 'human')",
    "a persona's email": f"{INTO} VALUES ('{EVE}', 'persona.bob@mana.test', 'Eve', 'human')",
    "no kind": f"INSERT INTO users (id, email, name) VALUES ('{EVE}', 'eve@example.org', 'Eve')",
    "kind null": f"{INTO} VALUES ('{EVE}', 'eve@example.org', 'Eve', NULL)",
    "a persona moves to a human's email": f"""UPDATE users SET email = 'ann@example.org'
        WHERE id = '{BOB}'""",
    "a persona moves to a human's id": f"UPDATE users SET id = '{ANN}' WHERE id = '{BOB}'",
    "a human moves to a persona's email": f"""UPDATE users SET email = 'persona.bob@mana.test'
        WHERE id = '{ANN}'""",
    "a human moves to a persona's id": f"UPDATE users SET id = '{BOB}' WHERE id = '{ANN}'",
}
DESCRIPTORS = {
    "a human": f"{DESCRIBE} VALUES ('{ANN}', 'persona', 'solo-dev', '{PROMPT}', '{MIX}')",
    "a human, as human": f"{DESCRIBE} VALUES ('{ANN}', 'human', 'solo-dev', '{PROMPT}', '{MIX}')",
    "a human, as null": f"{DESCRIBE} VALUES ('{ANN}', NULL, 'solo-dev', '{PROMPT}', '{MIX}')",
    "a system": f"{DESCRIBE} VALUES ('{SYD}', 'persona', 'solo-dev', '{PROMPT}', '{MIX}')",
    "no account": f"{DESCRIBE} VALUES ('{EVE}', 'persona', 'solo-dev', '{PROMPT}', '{MIX}')",
    "moved to a human": f"UPDATE personas SET user_id = '{ANN}' WHERE user_id = '{BOB}'",
    "moved to a human, as human": f"""UPDATE personas SET user_id = '{ANN}', kind = 'human'
        WHERE user_id = '{BOB}'""",
    "changed to human": f"UPDATE personas SET kind = 'human' WHERE user_id = '{BOB}'",
    "changed to null": f"UPDATE personas SET kind = NULL WHERE user_id = '{BOB}'",
}
ROLES = {
    "admin": f"UPDATE users SET role = 'admin' WHERE id = '{BOB}'",
    "service": f"UPDATE users SET role = 'service' WHERE id = '{BOB}'",
    "created as admin": f"""INSERT INTO users (id, email, name, kind, role)
        VALUES ('{EVE}', 'persona.eve@mana.test', 'Eve', 'persona', 'admin')""",
    "created as service": f"""INSERT INTO users (id, email, name, kind, role)
        VALUES ('{EVE}', 'persona.eve@mana.test', 'Eve', 'persona', 'service')""",
}


@pytest.mark.parametrize("attempt", CHANGES_OF_KIND)
def test_a_kind_never_changes(raw: Raw, attempt: str) -> None:
    raw.assert_refused(CHANGES_OF_KIND[attempt])


@pytest.mark.parametrize("attempt", UPSERTS)
def test_an_upsert_changes_no_account_of_another_kind(raw: Raw, attempt: str) -> None:
    raw.assert_refused(UPSERTS[attempt])


@pytest.mark.parametrize("attempt", DUPLICATES)
def test_an_id_and_an_email_belong_to_one_account(raw: Raw, attempt: str) -> None:
    raw.assert_refused(DUPLICATES[attempt])


@pytest.mark.parametrize("attempt", DESCRIPTORS)
def test_only_a_persona_has_a_descriptor(raw: Raw, attempt: str) -> None:
    raw.assert_refused(DESCRIPTORS[attempt])


@pytest.mark.parametrize("attempt", ROLES)
def test_the_role_of_a_persona_is_user(raw: Raw, attempt: str) -> None:
    raw.assert_refused(ROLES[attempt])


def test_new_humans_and_personas_can_still_be_inserted(raw: Raw) -> None:
    raw.run(f"{INTO} VALUES ('{EVE}', 'eve@example.org', 'Eve', 'human')")
    raw.run(f"{INTO} VALUES ('{EVE[:-1]}f', 'persona.fay@mana.test', 'Fay', 'persona')")
    raw.run(f"{DESCRIBE} VALUES ('{EVE[:-1]}f', 'persona', 'ceo-busy', '{PROMPT}', '{MIX}')")

    assert raw.run(f"SELECT email, kind, role FROM users WHERE id >= '{EVE}' ORDER BY id") == [
        ("eve@example.org", "human", "user"),
        ("persona.fay@mana.test", "persona", "user"),
    ]


def test_other_columns_can_still_change(raw: Raw) -> None:
    raw.run(f"UPDATE users SET name = 'Anna', kind = 'human', role = 'admin' WHERE id = '{ANN}'")
    raw.run(f"UPDATE users SET email = 'anna@example.org' WHERE id = '{ANN}'")
    raw.run(f"UPDATE personas SET tick_cadence = 'hourly' WHERE user_id = '{BOB}'")
    raw.run(f"UPDATE users SET role = 'user' WHERE id = '{CAT}'")

    assert raw.run(f"SELECT name, email, role FROM users WHERE id = '{ANN}'") == [
        ("Anna", "anna@example.org", "admin")
    ]


@pytest.mark.parametrize("raw", ["sqlite", "postgresql"], indirect=True)
def test_deleting_a_persona_deletes_its_rows(raw: Raw) -> None:
    others = raw.run("SELECT * FROM users WHERE kind <> 'persona' ORDER BY id")

    raw.run(f"DELETE FROM users WHERE id = '{BOB}'")

    assert raw.accounts() == [others, *([] for _ in OWNED)]
