"""What a put does with the password of a persona, and how much it hashes for it."""

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


def logs_in(client: FlaskClient, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": EMAIL, "password": password})
    return answer.status_code == 200


def test_the_given_password_logs_in(client: FlaskClient, admin: Account) -> None:
    put(client, admin)

    assert logs_in(client, PASSWORD)
    assert not logs_in(client, DERIVED)


def test_another_password_replaces_it_and_is_named(
    client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    create_persona(EMAIL)
    answer = put(client, admin, password=NEW)

    assert answer.get_json()["changed"] == ["password"]
    assert logs_in(client, NEW)
    assert not logs_in(client, PASSWORD)


def test_another_password_ends_the_sessions(
    client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    bob = create_persona(EMAIL)
    put(client, admin, password=NEW)
    refreshed = client.post("/api/v1/auth/refresh", json={"refreshToken": bob.refresh_token})

    assert client.get("/api/v1/auth/session", headers=bob.headers).status_code == 401
    assert client.get("/api/v1/auth/session", headers={"Cookie": bob.cookie}).status_code == 401
    assert refreshed.status_code == 401
    assert client.get("/api/v1/auth/session", headers=admin.headers).status_code == 200


def test_any_other_change_leaves_the_sessions(
    client: FlaskClient, admin: Account, create_persona: Any
) -> None:
    bob = create_persona(EMAIL)
    put(client, admin, archetype="freelancer", name="Bob")

    assert client.get("/api/v1/auth/session", headers=bob.headers).status_code == 200
    assert logs_in(client, PASSWORD)


def test_the_same_again_is_checked_once_and_writes_nothing(
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


def test_the_derived_password_is_known_without_hashing(
    app: Flask, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, admin, password=DERIVED)
    before = contents(app)
    hashes = count_hashes(monkeypatch)
    answer = put(client, admin, password=DERIVED)

    assert answer.get_json()["changed"] == []
    assert hashes == []
    assert contents(app) == before


def test_a_change_beside_the_derived_password_hashes_nothing(
    client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, admin, password=DERIVED)
    hashes = count_hashes(monkeypatch)
    answer = put(client, admin, password=DERIVED, archetype="freelancer")

    assert answer.get_json()["changed"] == ["archetype"]
    assert hashes == []


def test_a_dry_run_never_makes_a_hash(
    client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = count_hashes(monkeypatch)
    answer = client.post("/api/v1/admin/personas?dryRun=true", json=body(), headers=admin.headers)

    assert answer.status_code == 201
    assert hashes == []


@pytest.mark.parametrize(
    ("password", "version"), [(PASSWORD, None), (DERIVED, derived.version(DEV_SEED_SECRET))]
)
def test_what_is_stored_is_the_version_of_the_secret_alone(
    app: Flask, client: FlaskClient, admin: Account, password: str, version: str | None
) -> None:
    put(client, admin, password=password)

    stored = account(app, EMAIL)
    assert stored is not None
    assert stored["seed_version"] == version
    assert password not in str(contents(app))
    assert DEV_SEED_SECRET not in str(contents(app))


def test_the_version_goes_with_the_password(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    put(client, admin, password=DERIVED)
    put(client, admin, password=NEW)
    by_hand = account(app, EMAIL)
    put(client, admin, password=DERIVED)
    derived_again = account(app, EMAIL)

    assert by_hand is not None
    assert by_hand["seed_version"] is None
    assert derived_again is not None
    assert derived_again["seed_version"] == derived.version(DEV_SEED_SECRET)
    assert logs_in(client, DERIVED)


def test_an_old_derived_password_still_fits_while_it_is_the_stored_one(
    client: FlaskClient, make_app: CreateApp, admin: Account
) -> None:
    put(client, admin, password=DERIVED)
    rotated = make_app(seed_secret="another secret").test_client(use_cookies=False)
    answer = put(rotated, admin, password=DERIVED)

    assert answer.get_json()["changed"] == []
    assert logs_in(rotated, DERIVED)


def test_after_a_rotation_the_new_derived_password_replaces_the_old(
    client: FlaskClient, make_app: CreateApp, admin: Account
) -> None:
    put(client, admin, password=DERIVED)
    rotated = make_app(seed_secret="another secret").test_client(use_cookies=False)
    answer = put(rotated, admin, password=derived.password("another secret", EMAIL))

    assert answer.get_json()["changed"] == ["password"]
    assert not logs_in(rotated, DERIVED)
    assert logs_in(rotated, derived.password("another secret", EMAIL))


def test_once_a_known_password_is_found_to_be_derived_it_hashes_no_more(
    make_app: CreateApp, client: FlaskClient, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = derived.password("another secret", EMAIL)
    put(client, admin, password=later)  # under today's secret a password like any other
    rotated = make_app(seed_secret="another secret").test_client(use_cookies=False)
    put(rotated, admin, password=later)
    hashes = count_hashes(monkeypatch)
    answer = put(rotated, admin, password=later)

    assert answer.get_json()["changed"] == []
    assert hashes == []


def test_any_characters_make_a_password(client: FlaskClient, admin: Account) -> None:
    odd = " \u00e4\u0308🔑\t\n  spaces count  "
    put(client, admin, password=odd)

    assert logs_in(client, odd)
    assert not logs_in(client, odd.strip())
