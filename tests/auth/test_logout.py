"""Logging out ends a session and its credentials at once."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.people import PASSWORD, Account

LOGOUT = "/api/v1/auth/logout"
SESSION = "/api/v1/auth/session"


def valid_credentials(client: FlaskClient, account: Account) -> list[bool]:
    """Whether the access token, cookie and refresh token of the account are valid."""
    refreshed = client.post("/api/v1/auth/refresh", json={"refreshToken": account.refresh_token})
    return [
        client.get(SESSION, headers=account.headers).status_code == 200,
        client.get(SESSION, headers={"Cookie": account.cookie}).status_code == 200,
        refreshed.status_code == 200,
    ]


@pytest.mark.parametrize("by", ["bearer", "cookie"])
def test_logout_ends_all_credentials_of_the_session(
    client: FlaskClient, ann: Account, by: str
) -> None:
    cookie = {"Cookie": ann.cookie, "Sec-Fetch-Site": "same-origin"}

    answer = client.post(LOGOUT, headers=ann.headers if by == "bearer" else cookie)

    assert answer.status_code == 204
    assert answer.data == b""
    assert valid_credentials(client, ann) == [False, False, False]


def test_logout_keeps_the_other_sessions(client: FlaskClient, ann: Account) -> None:
    login = {"email": ann.email, "password": PASSWORD}
    other = client.post("/api/v1/auth/login", json=login).get_json()["token"]

    client.post(LOGOUT, headers=ann.headers)

    headers = {"Authorization": f"Bearer {other}"}
    assert client.get(SESSION, headers=headers).status_code == 200


def test_second_logout_is_unauthorized(client: FlaskClient, ann: Account) -> None:
    client.post(LOGOUT, headers=ann.headers)

    assert client.post(LOGOUT, headers=ann.headers).status_code == 401


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"json": {}},
        {"data": b"", "content_type": "application/json"},
        {"data": b"", "content_type": "text/plain"},
        {"data": b" { } ", "content_type": "application/json; charset=utf-8"},
    ],
    ids=["nothing", "{}", "no body as JSON", "no body as text", "{} with blanks"],
)
def test_logout_accepts_no_body_or_an_empty_object(
    client: FlaskClient, ann: Account, sent: dict[str, Any]
) -> None:
    assert client.post(LOGOUT, headers=ann.headers, **sent).status_code == 204


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"all": True}}, 422),
        ({"json": []}, 400),
        ({"data": b"null", "content_type": "application/json"}, 400),
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"{}", "content_type": "text/plain"}, 415),
        ({"data": {"all": "true"}}, 415),
        ({"data": b" " * (1024 * 1024 + 1), "content_type": "application/json"}, 413),
    ],
)
def test_logout_with_another_body_is_refused(
    client: FlaskClient, ann: Account, sent: dict[str, Any], status: int
) -> None:
    answer = client.post(LOGOUT, headers=ann.headers, **sent)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert valid_credentials(client, ann) == [True, True, True]


def test_logout_deletes_the_cookie_in_the_browser(client: FlaskClient, ann: Account) -> None:
    cookies = client.post(LOGOUT, headers=ann.headers).headers.getlist("Set-Cookie")

    assert len(cookies) == 1
    assert cookies[0].startswith("personas_session=;")
    assert "Max-Age=0" in cookies[0]
    assert "Path=/" in cookies[0]
