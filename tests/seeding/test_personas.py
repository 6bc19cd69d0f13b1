"""Seeding: every persona of a catalog as it is described, whatever was there before."""

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from personas.audit.service import CLI
from personas.config.parsing import DEV_SEED_SECRET
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.persona import derived
from personas.persona.put import put
from personas.seeding import catalog
from personas.seeding.catalog import Entry
from personas.seeding.personas import Seeded, seed
from tests.conftest import CreateApp
from tests.people import PASSWORD, Account, body, persona
from tests.persona.watch import account, beside_hashing, contents, count_hashes, execute
from tests.seeding.catalogs import entry

NAMES = ("Zoe", "Abe", "Kim", "Ida")


def seed_all(app: Flask, *entries: Entry, dry_run: bool = False) -> list[Seeded]:
    with app.app_context():
        ensure_schema()
        return list(seed(entries or catalog.load().personas, actor=CLI, dry_run=dry_run))


def words(seeded: list[Seeded]) -> list[str]:
    return [one.word for one in seeded]


def logs_in(client: FlaskClient, email: str, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": email, "password": password})
    return answer.status_code == 200


def test_the_shipped_catalog_is_created(app: Flask, client: FlaskClient) -> None:
    seeded = seed_all(app)

    stored = contents(app)
    assert words(seeded) == ["created"] * 10
    assert len(stored["users"]) == len(stored["personas"]) == len(stored["audit_events"]) == 10
    assert stored["sessions"] == []
    for one in seeded:
        assert logs_in(client, one.email, derived.password(DEV_SEED_SECRET, one.email))


def test_a_second_seed_hashes_and_writes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_all(app)
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    seeded = seed_all(app)

    assert words(seeded) == ["unchanged"] * 10
    assert hashes == []
    assert contents(app) == before


def test_a_seed_hashes_each_new_password_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = count_hashes(monkeypatch)
    seed_all(app)

    assert hashes == ["hash"] * 10


def test_what_became_of_each_comes_in_the_catalog_s_order(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays = iter((0.04, 0.02))
    beside_hashing(monkeypatch, "hash", lambda: time.sleep(next(delays, 0)))
    seeded = seed_all(app, *map(entry, NAMES))

    assert [one.name for one in seeded] == list(NAMES)
    assert [one.email for one in seeded] == [f"persona.{name.lower()}@mana.test" for name in NAMES]


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"system_prompt": "You are Zoe, and you have moved."}, ("systemPrompt",)),
        ({"name": "Zoé", "tick_cadence": "hourly"}, ("name", "tickCadence")),
        ({"module_mix": {"todo": 1, "notes": 1}, "archetype": "x"}, ("archetype", "moduleMix")),
    ],
)
def test_a_changed_entry_is_updated_alone(
    app: Flask, changes: dict[str, Any], changed: tuple[str, ...]
) -> None:
    zoe = entry()
    seed_all(app, zoe, entry("Abe"))
    seeded = seed_all(app, Entry(zoe.email, zoe.description | changes), entry("Abe"))

    assert words(seeded) == ["updated", "unchanged"]
    assert seeded[0].changed == changed
    assert seeded[0].reason is None


def test_a_human_in_the_way_fails_alone(app: Flask, create_user: Any) -> None:
    create_user("persona.abe@mana.test")
    human = account(app, "persona.abe@mana.test")
    seeded = seed_all(app, *map(entry, NAMES))

    assert words(seeded) == ["created", "failed", "created", "created"]
    assert "not a persona" in str(seeded[1].reason)
    assert account(app, "persona.abe@mana.test") == human


def test_a_dry_run_says_the_same_and_writes_nothing(
    app: Flask, create_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_user("persona.abe@mana.test")
    seed_all(app, entry("Kim"), entry("Ida"))
    entries = [entry("Zoe"), entry("Abe"), entry("Kim"), entry("Ida", archetype="x")]
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    dry = seed_all(app, *entries, dry_run=True)

    assert words(dry) == ["created", "failed", "unchanged", "updated"]
    assert hashes == []
    assert contents(app) == before
    assert seed_all(app, *entries) == dry


def test_after_the_secret_has_changed_one_seed_renews_all_passwords(
    app: Flask, make_app: CreateApp
) -> None:
    seed_all(app, *map(entry, NAMES))
    rotated = make_app(seed_secret="another secret", ratelimit_enabled="false")
    seeded = seed_all(rotated, *map(entry, NAMES))

    client = rotated.test_client(use_cookies=False)
    assert [one.changed for one in seeded] == [("password",)] * 4
    for one in seeded:
        assert logs_in(client, one.email, derived.password("another secret", one.email))
        assert not logs_in(client, one.email, derived.password(DEV_SEED_SECRET, one.email))
    assert words(seed_all(rotated, *map(entry, NAMES))) == ["unchanged"] * 4


def test_a_password_set_by_hand_is_replaced_by_the_derived_one(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    anna = "persona.anna@mana.test"
    seed_all(app)
    sent = {"email": anna, "password": PASSWORD}
    client.post("/api/v1/admin/personas", json=body() | sent, headers=admin.headers)
    seeded = seed_all(app)

    assert words(seeded) == ["updated"] + ["unchanged"] * 9
    assert "password" in seeded[0].changed
    assert logs_in(client, anna, derived.password(DEV_SEED_SECRET, anna))
    assert not logs_in(client, anna, PASSWORD)


def test_sessions_end_with_the_password_and_survive_anything_else(
    app: Flask, client: FlaskClient, create_persona: Any
) -> None:
    seed_all(app, entry("Abe"))
    abe = client.post(
        "/api/v1/auth/login",
        json={
            "email": "persona.abe@mana.test",
            "password": derived.password(DEV_SEED_SECRET, "persona.abe@mana.test"),
        },
    ).get_json()
    zoe = create_persona("persona.zoe@mana.test")
    seeded = seed_all(app, entry("Zoe"), entry("Abe", archetype="x"))

    kept = client.get("/api/v1/auth/session", headers={"Authorization": f"Bearer {abe['token']}"})
    assert [one.changed for one in seeded] == [("name", "password"), ("archetype",)]
    assert client.get("/api/v1/auth/session", headers=zoe.headers).status_code == 401
    assert kept.status_code == 200


def test_a_stamp_that_somebody_edited_is_restored(app: Flask) -> None:
    seed_all(app, entry())
    execute(app, "UPDATE users SET access_tier = 'guest', email_verified = 0")
    [seeded] = seed_all(app, entry())

    assert seeded.changed == ("accessTier", "emailVerified")


def test_somebody_who_was_faster_is_looked_at_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry("Zoe"), entry("Abe")]
    hashes = count_hashes(monkeypatch)
    with app.app_context():
        ensure_schema()
        seeding = seed(entries, actor=CLI, dry_run=False)
        first = next(seeding)
        deadline = time.monotonic() + 5
        while len(hashes) < 2 and time.monotonic() < deadline:  # until Abe's is being hashed
            time.sleep(0.001)
        put("persona.abe@mana.test", PASSWORD, persona(name="Abe"), actor=CLI)
        [second] = seeding

    assert (first.word, second.word) == ("created", "updated")
    assert second.changed == ("password",)


def test_a_seed_that_is_broken_off_leaves_whole_personas(app: Flask) -> None:
    with app.app_context():
        ensure_schema()
        seeding = seed([entry(name) for name in NAMES], actor=CLI, dry_run=False)
        next(seeding)
        seeding.close()  # type: ignore[attr-defined]  # it is a generator

    stored = contents(app)
    assert len(stored["users"]) == len(stored["personas"]) == 1


def test_a_storage_that_takes_nothing_fails_each_line(app: Flask) -> None:
    before = contents(app)
    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    seeded = seed_all(app, *map(entry, NAMES))

    assert words(seeded) == ["failed"] * 4
    assert {one.reason for one in seeded} == {
        "The database cannot be reached or is locked. Try again in a moment."
    }
    assert contents(app) == before


def test_a_storage_that_is_full_fails_the_one_that_does_not_fit(app: Flask) -> None:
    contents(app)
    with app.app_context():
        with db.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2
        db.engine.dispose()
        limit = f"PRAGMA max_page_count = {pages}"
        event.listen(db.engine, "connect", lambda raw, _: raw.execute(limit))
    seeded = seed_all(app, entry("Zoe"), entry("Abe", system_prompt="x" * 20_000), entry("Kim"))

    assert words(seeded) == ["created", "failed", "created"]
    assert seeded[1].reason == "The storage is full. Nothing was written."
    assert account(app, "persona.abe@mana.test") is None
