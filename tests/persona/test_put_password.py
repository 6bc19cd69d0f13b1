"""How a put changes the password of a persona, and how often it hashes."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.config.parsing import DEV_SEED_SECRET
from personas.persona import derived
from tests.conftest import CreateApp
from tests.people import PASSWORD, Account, body
from tests.persona.watch import account, contents, count_hashes

EMAIL = "persona.bob@mana.test"
NEW = "another long password"
DERIVED = derived.password(DEV_SEED_SECRET, EMAIL)


def put(client: FlaskClient, admin: Account, **changes: Any) -> TestResponse:
    return client.post("/api/v1/admin/personas", json=body(**changes), headers=admin.headers)


def can_log_in(client: FlaskClient, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": EMAIL, "password": password})
    return answer.status_code == 200


def test_persona_logs_in_with_the_given_password(client: FlaskClient, admin: Account) -> None:
    put(client, admin)

    assert can_log_in(client, PASSWORD)
    assert not can_log_in(client, DERIVED)


def test_another_password_replaces_the_stored_one(
    client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    create_persona(EMAIL)
    answer = put(client, admin, password=NEW)

    assert answer.get_json()["changed"] == ["password"]
    assert can_log_in(client, NEW)
    assert not can_log_in(client, PASSWORD)


def test_new_password_ends_the_sessions(
    client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    bob = create_persona(EMAIL)
    put(client, admin, password=NEW)
    refreshed = client.post("/api/v1/auth/refresh", json={"refreshToken": bob.refresh_token})

    assert client.get("/api/v1/auth/session", headers=bob.headers).status_code == 401
    assert client.get("/api/v1/auth/session", headers={"Cookie": bob.cookie}).status_code == 401
    assert refreshed.status_code == 401
    assert client.get("/api/v1/auth/session", headers=admin.headers).status_code == 200


def test_other_changes_keep_the_sessions(
    client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    bob = create_persona(EMAIL)
    put(client, admin, archetype="freelancer", name="Bob")

    assert client.get("/api/v1/auth/session", headers=bob.headers).status_code == 200
    assert can_log_in(client, PASSWORD)


def test_same_password_is_verified_once_and_writes_nothing(
    app: Flask,
    client: FlaskClient,
    admin: Account,
    create_persona: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_persona(EMAIL)
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    answer = put(client, admin)

    assert answer.get_json()["changed"] == []
    assert hashes == ["verify"]
    assert contents(app) == before


def test_derived_password_is_recognized_without_hashing(
    app: Flask, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, admin, password=DERIVED)
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    answer = put(client, admin, password=DERIVED)

    assert answer.get_json()["changed"] == []
    assert hashes == []
    assert contents(app) == before


def test_other_change_with_the_derived_password_hashes_nothing(
    client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, admin, password=DERIVED)
    hashes = count_hashes(monkeypatch)
    answer = put(client, admin, password=DERIVED, archetype="freelancer")

    assert answer.get_json()["changed"] == ["archetype"]
    assert hashes == []


def test_dry_run_hashes_nothing(
    client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = count_hashes(monkeypatch)
    answer = client.post("/api/v1/admin/personas?dryRun=true", json=body(), headers=admin.headers)

    assert answer.status_code == 201
    assert hashes == []


@pytest.mark.parametrize(
    ("password", "version"), [(PASSWORD, None), (DERIVED, derived.version(DEV_SEED_SECRET))]
)
def test_only_the_version_of_the_seed_secret_is_stored(
    app: Flask, client: FlaskClient, admin: Account, password: str, version: str | None
) -> None:
    put(client, admin, password=password)

    stored = account(app, EMAIL)
    assert stored is not None
    assert stored["seed_version"] == version
    assert password not in str(contents(app))
    assert DEV_SEED_SECRET not in str(contents(app))


def test_version_changes_with_the_password(app: Flask, client: FlaskClient, admin: Account) -> None:
    put(client, admin, password=DERIVED)
    put(client, admin, password=NEW)
    after_new_password = account(app, EMAIL)
    put(client, admin, password=DERIVED)
    derived_again = account(app, EMAIL)

    assert after_new_password is not None
    assert after_new_password["seed_version"] is None
    assert derived_again is not None
    assert derived_again["seed_version"] == derived.version(DEV_SEED_SECRET)
    assert can_log_in(client, DERIVED)


def test_stored_password_still_fits_after_a_rotation(
    client: FlaskClient, make_app: CreateApp, admin: Account
) -> None:
    put(client, admin, password=DERIVED)
    rotated = make_app(seed_secret="another secret").test_client(use_cookies=False)
    answer = put(rotated, admin, password=DERIVED)

    assert answer.get_json()["changed"] == []
    assert can_log_in(rotated, DERIVED)


def test_new_derived_password_replaces_the_old_after_a_rotation(
    client: FlaskClient, make_app: CreateApp, admin: Account
) -> None:
    put(client, admin, password=DERIVED)
    rotated = make_app(seed_secret="another secret").test_client(use_cookies=False)
    answer = put(rotated, admin, password=derived.password("another secret", EMAIL))

    assert answer.get_json()["changed"] == ["password"]
    assert not can_log_in(rotated, DERIVED)
    assert can_log_in(rotated, derived.password("another secret", EMAIL))


def test_password_verified_as_derived_is_not_hashed_again(
    make_app: CreateApp, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = derived.password("another secret", EMAIL)
    put(client, admin, password=later)  # not the derived password of the current secret
    rotated = make_app(seed_secret="another secret").test_client(use_cookies=False)
    put(rotated, admin, password=later)
    hashes = count_hashes(monkeypatch)
    answer = put(rotated, admin, password=later)

    assert answer.get_json()["changed"] == []
    assert hashes == []


def test_password_may_contain_any_characters(client: FlaskClient, admin: Account) -> None:
    odd = " \u00e4\u0308🔑\t\n  spaces count  "
    put(client, admin, password=odd)

    assert can_log_in(client, odd)
    assert not can_log_in(client, odd.strip())
