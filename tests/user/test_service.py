"""How an admin changes and deletes accounts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.database.engine import db
from personas.database.session import read
from personas.user.models import User
from personas.user.stamp import ADMIN, Stamp
from tests.people import PASSWORD, Account, Clock

USERS = "/api/v1/admin/users"


@pytest.fixture
def change(client: FlaskClient, admin: Account) -> Callable[..., TestResponse]:
    """Change an account as the admin: `change(ann, {"role": "admin"})`."""

    def change(account: Account, body: dict[str, Any]) -> TestResponse:
        return client.patch(f"{USERS}/{account.id}", json=body, headers=admin.headers)

    return change


def row(app: Flask, account: Account) -> dict[str, Any] | None:
    """All stored columns of an account, or None if it does not exist."""
    with app.app_context(), read():
        result = db.session.execute(sa.select(User.__table__).where(User.id == account.id))
        stored = result.mappings().one_or_none()
        return dict(stored) if stored else None


@pytest.mark.parametrize(
    "body",
    [
        {"accessTier": "guest"},
        {"accessTier": "founder"},
        {"role": "admin"},
        {"name": "Änne 🌻"},
        {"emailVerified": False},
        {"accessTier": "beta", "role": "admin", "name": "Ann", "emailVerified": False},
    ],
    ids=str,
)
def test_update_changes_only_the_sent_values(
    client: FlaskClient,
    create_user: Callable[..., Account],
    change: Callable[..., TestResponse],
    body: dict[str, Any],
) -> None:
    ann = create_user("ann@example.org", stamp=Stamp(access_tier="alpha", email_verified=True))
    before = client.get("/api/v1/auth/session", headers=ann.headers).get_json()["user"]

    answer = change(ann, body)
    after = client.get("/api/v1/auth/session", headers=ann.headers).get_json()["user"]

    assert answer.status_code == 200
    assert answer.get_json() == {"user": after}
    assert after == before | body | {"updatedAt": after["updatedAt"]}


def test_only_a_real_change_sets_updated_at(
    app: Flask, stopped_clock: Clock, ann: Account, change: Callable[..., TestResponse]
) -> None:
    stopped_clock.move(minutes=1)
    change(ann, {"name": "Anna"})
    changed = row(app, ann)
    stopped_clock.move(minutes=1)
    change(ann, {"name": "Anna"})

    assert changed == row(app, ann)
    assert (changed or {})["updated_at"] > (changed or {})["created_at"]


def test_empty_update_changes_nothing(
    app: Flask, ann: Account, change: Callable[..., TestResponse]
) -> None:
    before = row(app, ann)

    answer = change(ann, {})

    assert answer.status_code == 200
    assert row(app, ann) == before


def test_update_ends_no_session(
    client: FlaskClient, ann: Account, change: Callable[..., TestResponse]
) -> None:
    change(ann, {"accessTier": "beta"})

    assert client.get("/api/v1/auth/session", headers=ann.headers).status_code == 200


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("emailVerified", (True, None, 0, 1, "false", "true", [], {})),
        ("role", ("service", "root", "Admin", "", None, 1, ["admin"])),
        ("accessTier", ("gold", "Founder", "", None, 4)),
        ("name", ("", " ", None, 1, "x" * 201, "a\nb", "a\0b", "a\ud800")),
        ("kind", ("persona", "human", None)),
        ("email", ("bob@example.org",)),
        ("password", (PASSWORD,)),
        ("id", ("01890000-0000-7000-8000-000000000000",)),
        ("access_tier", ("founder",)),
        ("createdAt", ("2026-01-01T00:00:00Z",)),
    ],
)
def test_invalid_update_is_refused_and_named(
    app: Flask,
    ann: Account,
    change: Callable[..., TestResponse],
    name: str,
    values: tuple[object, ...],
) -> None:
    before = row(app, ann)

    answers = [change(ann, {"name": "Ann", "accessTier": "beta", name: value}) for value in values]

    assert [answer.status_code for answer in answers] == [422] * len(values)
    assert [list(answer.get_json()["errors"]) for answer in answers] == [[name]] * len(values)
    assert row(app, ann) == before


def test_a_persona_is_never_an_admin(
    app: Flask, change: Callable[..., TestResponse], create_persona: Callable[..., Account]
) -> None:
    bob = create_persona()
    before = row(app, bob)

    answer = change(bob, {"role": "admin", "name": "Robert", "accessTier": "guest"})

    assert answer.status_code == 409
    assert row(app, bob) == before


def test_persona_may_keep_its_role_in_an_update(
    change: Callable[..., TestResponse], create_persona: Callable[..., Account]
) -> None:
    answer = change(create_persona(), {"role": "user", "name": "Robert"})

    assert answer.status_code == 200
    assert answer.get_json()["user"]["name"] == "Robert"


def test_last_admin_cannot_be_demoted_or_deleted(
    app: Flask, client: FlaskClient, admin: Account, change: Callable[..., TestResponse]
) -> None:
    before = row(app, admin)

    demoted = change(admin, {"role": "user", "name": "Nobody"})
    deleted = client.delete(f"{USERS}/{admin.id}", headers=admin.headers)

    assert (demoted.status_code, deleted.status_code) == (409, 409)
    assert row(app, admin) == before


def test_last_admin_may_be_renamed(admin: Account, change: Callable[..., TestResponse]) -> None:
    answer = change(admin, {"role": "admin", "name": "Root"})

    assert answer.status_code == 200
    assert answer.get_json()["user"]["role"] == "admin"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_one_of_two_admins_can_be_removed(
    client: FlaskClient, admin: Account, create_user: Callable[..., Account], method: str
) -> None:
    bob = create_user("bob@example.org", stamp=ADMIN)
    body = {"role": "user"} if method == "PATCH" else None

    first = client.open(f"{USERS}/{admin.id}", method=method, json=body, headers=admin.headers)
    second = client.open(f"{USERS}/{bob.id}", method=method, json=body, headers=bob.headers)

    assert (first.status_code, second.status_code) == (200, 409)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_one_admin_is_left_when_two_remove_each_other_at_once(
    app: Flask, admin: Account, create_user: Callable[..., Account], method: str
) -> None:
    bob = create_user("bob@example.org", stamp=ADMIN)
    body = {"role": "user"} if method == "PATCH" else None
    start = Barrier(2)

    def remove(accounts: tuple[Account, Account]) -> int:
        client, path = app.test_client(), f"{USERS}/{accounts[1].id}"
        start.wait()
        return client.open(path, method=method, json=body, headers=accounts[0].headers).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(remove, [(admin, bob), (bob, admin)]))

    remaining = [
        account for account in (admin, bob) if (row(app, account) or {}).get("role") == "admin"
    ]
    assert len(remaining) == 1
    assert statuses[0] == 200
    assert statuses[1] in (401, 403, 409)  # depends on when the second request was authenticated


def test_deleted_account_no_longer_exists(
    app: Flask, client: FlaskClient, admin: Account, ann: Account
) -> None:
    answer = client.delete(f"{USERS}/{ann.id}", headers=admin.headers)
    again = client.delete(f"{USERS}/{ann.id}", headers=admin.headers)
    body = {"email": ann.email, "password": PASSWORD}

    assert answer.status_code == 200
    assert answer.get_json() == {"ok": True, "deleted": ann.id}
    assert again.status_code == 404
    assert row(app, ann) is None
    assert client.post("/api/v1/auth/login", json=body).status_code == 401
    assert client.post("/api/v1/auth/register", json=body).status_code == 201


def test_persona_cannot_be_deleted_as_an_account(
    app: Flask, client: FlaskClient, admin: Account, create_persona: Callable[..., Account]
) -> None:
    bob = create_persona()
    before = row(app, bob)

    answer = client.delete(f"{USERS}/{bob.id}", headers=admin.headers)

    assert answer.status_code == 409
    assert row(app, bob) == before
