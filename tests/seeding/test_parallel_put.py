"""Seeding: every persona of a catalog as it is described, whatever was stored before."""

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
from personas.seeding.parallel_put import put_entries
from personas.seeding.store import PersonaResult
from tests.conftest import CreateApp
from tests.people import PASSWORD, Account, body, persona
from tests.persona.watch import account, beside_hashing, contents, count_hashes, execute
from tests.seeding.catalogs import entry

NAMES = ("Zoe", "Abe", "Kim", "Ida")


def seed_all(app: Flask, *entries: Entry, dry_run: bool = False) -> list[PersonaResult]:
    with app.app_context():
        ensure_schema()
        return list(put_entries(entries or catalog.load().personas, actor=CLI, dry_run=dry_run))


def outcomes(results: list[PersonaResult]) -> list[str]:
    return [result.outcome for result in results]


def logs_in(client: FlaskClient, email: str, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": email, "password": password})
    return answer.status_code == 200


def test_the_shipped_catalog_is_created(app: Flask, client: FlaskClient) -> None:
    results = seed_all(app)

    stored = contents(app)
    assert outcomes(results) == ["created"] * 10
    assert len(stored["users"]) == len(stored["personas"]) == len(stored["audit_events"]) == 10
    assert stored["sessions"] == []
    for result in results:
        assert logs_in(client, result.email, derived.password(DEV_SEED_SECRET, result.email))


def test_a_second_seed_hashes_and_writes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_all(app)
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    results = seed_all(app)

    assert outcomes(results) == ["unchanged"] * 10
    assert hashes == []
    assert contents(app) == before


def test_a_seed_hashes_each_new_password_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = count_hashes(monkeypatch)
    seed_all(app)

    assert hashes == ["hash"] * 10


def test_results_come_in_the_order_of_the_catalog(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays = iter((0.04, 0.02))
    beside_hashing(monkeypatch, "hash", lambda: time.sleep(next(delays, 0)))
    results = seed_all(app, *map(entry, NAMES))

    assert [result.name for result in results] == list(NAMES)
    assert [result.email for result in results] == [
        f"persona.{name.lower()}@mana.test" for name in NAMES
    ]


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"system_prompt": "You are Zoe, and you have moved."}, ("systemPrompt",)),
        ({"name": "Zoé", "tick_cadence": "hourly"}, ("name", "tickCadence")),
        ({"module_mix": {"todo": 1, "notes": 1}, "archetype": "x"}, ("archetype", "moduleMix")),
    ],
)
def test_only_a_changed_entry_is_updated(
    app: Flask, changes: dict[str, Any], changed: tuple[str, ...]
) -> None:
    zoe = entry()
    seed_all(app, zoe, entry("Abe"))
    results = seed_all(app, Entry(zoe.email, zoe.description | changes), entry("Abe"))

    assert outcomes(results) == ["updated", "unchanged"]
    assert results[0].changed == changed
    assert results[0].reason is None


def test_an_account_of_a_human_fails_only_its_entry(app: Flask, create_user: Any) -> None:
    create_user("persona.abe@mana.test")
    human = account(app, "persona.abe@mana.test")
    results = seed_all(app, *map(entry, NAMES))

    assert outcomes(results) == ["created", "failed", "created", "created"]
    assert "not a persona" in str(results[1].reason)
    assert account(app, "persona.abe@mana.test") == human


def test_a_dry_run_reports_the_same_and_writes_nothing(
    app: Flask, create_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_user("persona.abe@mana.test")
    seed_all(app, entry("Kim"), entry("Ida"))
    entries = [entry("Zoe"), entry("Abe"), entry("Kim"), entry("Ida", archetype="x")]
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    dry = seed_all(app, *entries, dry_run=True)

    assert outcomes(dry) == ["created", "failed", "unchanged", "updated"]
    assert hashes == []
    assert contents(app) == before
    assert seed_all(app, *entries) == dry


def test_a_new_seed_secret_renews_all_passwords_in_one_seed(
    app: Flask, make_app: CreateApp
) -> None:
    seed_all(app, *map(entry, NAMES))
    rotated = make_app(seed_secret="another secret", ratelimit_enabled="false")
    results = seed_all(rotated, *map(entry, NAMES))

    client = rotated.test_client(use_cookies=False)
    assert [result.changed for result in results] == [("password",)] * 4
    for result in results:
        assert logs_in(client, result.email, derived.password("another secret", result.email))
        assert not logs_in(client, result.email, derived.password(DEV_SEED_SECRET, result.email))
    assert outcomes(seed_all(rotated, *map(entry, NAMES))) == ["unchanged"] * 4


def test_a_password_set_by_hand_is_replaced_by_the_derived_one(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    anna = "persona.anna@mana.test"
    seed_all(app)
    sent = {"email": anna, "password": PASSWORD}
    client.post("/api/v1/admin/personas", json=body() | sent, headers=admin.headers)
    results = seed_all(app)

    assert outcomes(results) == ["updated"] + ["unchanged"] * 9
    assert "password" in results[0].changed
    assert logs_in(client, anna, derived.password(DEV_SEED_SECRET, anna))
    assert not logs_in(client, anna, PASSWORD)


def test_sessions_end_only_when_the_password_changes(
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
    results = seed_all(app, entry("Zoe"), entry("Abe", archetype="x"))

    kept = client.get("/api/v1/auth/session", headers={"Authorization": f"Bearer {abe['token']}"})
    assert [result.changed for result in results] == [("name", "password"), ("archetype",)]
    assert client.get("/api/v1/auth/session", headers=zoe.headers).status_code == 401
    assert kept.status_code == 200


def test_an_edited_stamp_is_restored(app: Flask) -> None:
    seed_all(app, entry())
    execute(app, "UPDATE users SET access_tier = 'guest', email_verified = 0")
    [results] = seed_all(app, entry())

    assert results.changed == ("accessTier", "emailVerified")


def test_a_persona_created_in_the_meantime_is_prepared_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry("Zoe"), entry("Abe")]
    hashes = count_hashes(monkeypatch)
    with app.app_context():
        ensure_schema()
        seeding = put_entries(entries, actor=CLI, dry_run=False)
        first = next(seeding)
        deadline = time.monotonic() + 5
        while len(hashes) < 2 and time.monotonic() < deadline:  # until Abe's is being hashed
            time.sleep(0.001)
        put("persona.abe@mana.test", PASSWORD, persona(name="Abe"), actor=CLI)
        [second] = seeding

    assert (first.outcome, second.outcome) == ("created", "updated")
    assert second.changed == ("password",)


def test_an_interrupted_seed_leaves_complete_personas(app: Flask) -> None:
    with app.app_context():
        ensure_schema()
        seeding = put_entries([entry(name) for name in NAMES], actor=CLI, dry_run=False)
        next(seeding)
        seeding.close()  # type: ignore[attr-defined]  # it is a generator

    stored = contents(app)
    assert len(stored["users"]) == len(stored["personas"]) == 1


def test_a_read_only_storage_fails_each_entry(make_app: CreateApp) -> None:
    app = make_app()
    before = contents(app)
    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    results = seed_all(app, *map(entry, NAMES))

    assert outcomes(results) == ["failed"] * 4
    assert {result.reason for result in results} == {
        "The database cannot be reached or is locked. Try again in a moment."
    }
    assert contents(app) == before


def test_a_full_storage_fails_only_the_entry_that_does_not_fit(make_app: CreateApp) -> None:
    app = make_app()
    contents(app)
    with app.app_context():
        with db.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2
        db.engine.dispose()
        limit = f"PRAGMA max_page_count = {pages}"
        event.listen(db.engine, "connect", lambda raw, _: raw.execute(limit))
    results = seed_all(app, entry("Zoe"), entry("Abe", system_prompt="x" * 20_000), entry("Kim"))

    assert outcomes(results) == ["created", "failed", "created"]
    assert results[1].reason == "The storage is full. Nothing was written."
    assert account(app, "persona.abe@mana.test") is None
