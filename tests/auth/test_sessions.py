"""The life of a session: refresh, theft, expiry."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.models import Session
from personas.database.engine import db
from personas.database.session import read
from tests.people import PASSWORD, Account, Clock

REFRESH = "/api/v1/auth/refresh"
SESSION = "/api/v1/auth/session"


def refresh(client: FlaskClient, token: str) -> str | None:
    """The successor of a refresh token, or None if it is refused."""
    answer = client.post(REFRESH, json={"refreshToken": token})
    assert answer.status_code in (200, 401)
    return str(answer.get_json()["refreshToken"]) if answer.status_code == 200 else None


def has_ended(client: FlaskClient, account: Account, *refresh_tokens: str) -> bool:
    """Whether all credentials of a session are refused. Tries the refresh tokens last, because
    reusing one ends the session."""
    headers = (account.headers, {"Cookie": account.cookie})
    answers = [client.get(SESSION, headers=header).status_code for header in headers]
    successors = [refresh(client, token) for token in refresh_tokens]
    return answers == [401, 401] and not any(successors)


def count_sessions(app: Flask) -> int:
    with app.app_context(), read():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Session)) or 0


@pytest.fixture
def ann(stopped_clock: Clock, create_user: Callable[..., Account]) -> Account:  # noqa: ARG001
    """A human whose session began when the clock stopped."""
    return create_user("ann@example.org")


def test_refresh_has_the_same_answer_as_a_login(client: FlaskClient, ann: Account) -> None:
    answer = client.post(REFRESH, json={"refreshToken": ann.refresh_token})
    session = answer.get_json()

    assert answer.status_code == 200
    assert list(session) == ["user", "token", "accessToken", "refreshToken", "expiresIn"]
    assert session["user"]["id"] == ann.id
    assert session["refreshToken"] != ann.refresh_token
    assert "Set-Cookie" not in answer.headers
    bearer = {"Authorization": f"Bearer {session['accessToken']}"}
    assert client.get(SESSION, headers=bearer).status_code == 200


def test_each_refresh_token_has_one_successor(client: FlaskClient, ann: Account) -> None:
    chain = [ann.refresh_token]
    for _ in range(5):
        chain.append(refresh(client, chain[-1]) or "")

    assert len(set(chain)) == 6
    assert all(chain)


@pytest.mark.parametrize("seconds", [0, 9, 10])
def test_repeated_refresh_gets_the_same_successor(
    client: FlaskClient, ann: Account, stopped_clock: Clock, seconds: int
) -> None:
    successor = refresh(client, ann.refresh_token)
    stopped_clock.move(seconds=seconds)

    again = refresh(client, ann.refresh_token)

    assert again is not None
    assert again == successor
    assert refresh(client, again) is not None


def test_two_tabs_that_refresh_at_once_get_one_successor(app: Flask, ann: Account) -> None:
    start = Barrier(2)

    def tab(_: int) -> str | None:
        start.wait()
        return refresh(app.test_client(), ann.refresh_token)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(tab, range(2))

    assert first is not None
    assert first == second


def test_repeated_refresh_does_not_extend_the_ten_seconds(
    client: FlaskClient, ann: Account, stopped_clock: Clock
) -> None:
    refresh(client, ann.refresh_token)
    stopped_clock.move(seconds=9)
    refresh(client, ann.refresh_token)
    stopped_clock.move(seconds=2)

    assert refresh(client, ann.refresh_token) is None


def test_late_reuse_of_a_refresh_token_ends_the_session(
    client: FlaskClient, ann: Account, stopped_clock: Clock
) -> None:
    successor = refresh(client, ann.refresh_token)
    stopped_clock.move(seconds=10.001)

    assert refresh(client, ann.refresh_token) is None
    assert has_ended(client, ann, successor or "")


def test_reuse_after_the_successor_was_used_ends_the_session(
    client: FlaskClient, ann: Account
) -> None:
    successor = refresh(client, ann.refresh_token) or ""
    newest = refresh(client, successor) or ""

    assert refresh(client, ann.refresh_token) is None
    assert has_ended(client, ann, newest, successor)


def test_reuse_ends_only_the_stolen_session(client: FlaskClient, ann: Account) -> None:
    login = {"email": ann.email, "password": PASSWORD}
    other = client.post("/api/v1/auth/login", json=login).get_json()["refreshToken"]
    refresh(client, refresh(client, ann.refresh_token) or "")
    stolen = refresh(client, ann.refresh_token)

    assert stolen is None
    assert refresh(client, other) is not None


def test_a_session_ends_after_seven_idle_days(
    client: FlaskClient, ann: Account, stopped_clock: Clock
) -> None:
    stopped_clock.move(days=7, seconds=-1)
    before = client.get(SESSION, headers={"Cookie": ann.cookie})
    stopped_clock.move(seconds=1)

    assert before.status_code == 200
    assert has_ended(client, ann, ann.refresh_token)


def test_refresh_extends_a_session_by_seven_days(
    client: FlaskClient, ann: Account, stopped_clock: Clock
) -> None:
    stopped_clock.move(days=6)
    successor = refresh(client, ann.refresh_token) or ""
    stopped_clock.move(days=6)

    assert client.get(SESSION, headers={"Cookie": ann.cookie}).status_code == 200
    assert refresh(client, successor) is not None


def test_a_session_ends_thirty_days_after_its_login(
    client: FlaskClient, ann: Account, stopped_clock: Clock
) -> None:
    newest = ann.refresh_token
    for _ in range(4):
        stopped_clock.move(days=6)
        newest = refresh(client, newest) or ""
    stopped_clock.move(days=6, seconds=-1)
    newest = refresh(client, newest) or ""
    stopped_clock.move(seconds=1)

    assert newest
    assert has_ended(client, ann, newest)


def test_access_token_is_valid_for_fifteen_minutes(
    client: FlaskClient, ann: Account, stopped_clock: Clock
) -> None:
    stopped_clock.move(minutes=15, seconds=-1)
    before = client.get(SESSION, headers=ann.headers).status_code
    stopped_clock.move(seconds=1)
    after = client.get(SESSION, headers=ann.headers).status_code

    assert (before, after) == (200, 401)
    assert refresh(client, ann.refresh_token) is not None


@pytest.mark.usefixtures("ann")
def test_expired_sessions_are_deleted(
    app: Flask, create_user: Callable[..., Account], stopped_clock: Clock
) -> None:
    stopped_clock.move(days=8)

    create_user("bob@example.org")

    assert count_sessions(app) == 1


def test_tampered_refresh_token_is_refused(client: FlaskClient, ann: Account) -> None:
    session, number, signature = ann.refresh_token.split(".")
    tampered = [
        f"{session}.1.{signature}",
        f"{session}.-1.{signature}",
        f"{session}..{signature}",
        f"{session[:-1]}{'0' if session[-1] != '0' else '1'}.{number}.{signature}",
        f"{session}.{number}.{signature[:-4]}AAAA",
        f"{session}.{number}.",
        f"{session}.{number}",
        f"{session}.{number}.{signature}.",
        ".",
        "🔑",
        ann.token,
        ann.cookie.partition("=")[2],
    ]

    assert [refresh(client, token) for token in tampered] == [None] * len(tampered)
    assert refresh(client, ann.refresh_token) is not None


@pytest.mark.parametrize("ending", ["!", "====", "é", " "])
def test_signature_with_extra_characters_is_refused(
    client: FlaskClient, ann: Account, ending: str
) -> None:
    name, _, value = ann.cookie.partition("=")
    cookie = {"Cookie": f'{name}="{value}{ending}"'}

    assert refresh(client, ann.refresh_token + ending) is None
    assert client.get(SESSION, headers=cookie).status_code == 401


def test_credential_is_refused_in_the_place_of_another(client: FlaskClient, ann: Account) -> None:
    cookie = ann.cookie.partition("=")[2]
    misplaced: list[Mapping[str, str]] = [
        *({"Authorization": f"Bearer {value}"} for value in (cookie, ann.refresh_token)),
        *({"Cookie": f"personas_session={value}"} for value in (ann.token, ann.refresh_token)),
    ]

    answers = [client.get(SESSION, headers=headers).status_code for headers in misplaced]

    assert answers == [401] * 4


@pytest.mark.parametrize("body", [{}, {"refreshToken": None}, {"refreshToken": 1}])
def test_refresh_without_a_token_is_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post(REFRESH, json=body)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["refreshToken"]
