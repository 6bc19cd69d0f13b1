"""From which origins a request with a session cookie is accepted."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import Account

SESSION = "/api/v1/auth/session"
LOGOUT = "/api/v1/auth/logout"
USERS = "/api/v1/admin/users"
OURS = "http://localhost:5000"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    "headers",
    [SAME_ORIGIN, SAME_ORIGIN | {"Origin": "https://evil.example"}, {"Origin": OURS}],
    ids=str,
)
def test_pages_of_our_origin_may_write_with_a_cookie(
    client: FlaskClient, ann: Account, headers: dict[str, str]
) -> None:
    answer = client.post(LOGOUT, headers={"Cookie": ann.cookie, **headers})

    assert answer.status_code == 204


def test_pages_of_other_origins_may_not_write_with_a_cookie(
    client: FlaskClient, ann: Account
) -> None:
    others: list[dict[str, str]] = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "cross-site", "Origin": OURS},
        {"Origin": "http://localhost:5001"},
        {"Origin": "https://localhost:5000"},
        {"Origin": "http://localhost"},
        {"Origin": f"{OURS}.evil.example"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Referer": f"{OURS}/"},
        {},
    ]

    answers = [client.post(LOGOUT, headers={"Cookie": ann.cookie, **headers}) for headers in others]

    assert [answer.status_code for answer in answers] == [403] * len(others)
    assert client.get(SESSION, headers={"Cookie": ann.cookie}).status_code == 200


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://personas.example.org", "https://personas.example.org"),
        ("https://personas.example.org/a/b/", "https://personas.example.org"),
        ("https://Personas.Example.org", "https://personas.example.org"),
        ("https://personas.example.org:8443", "https://personas.example.org:8443"),
        ("https://personas.example.org:443", "https://personas.example.org"),
        ("http://personas.example.org:80", "http://personas.example.org"),
    ],
)
def test_our_origin_is_written_as_browsers_write_it(
    make_app: Callable[..., Flask], ann: Account, url: str, origin: str
) -> None:
    client = make_app(url=url).test_client(use_cookies=False)

    answer = client.post(LOGOUT, headers={"Cookie": ann.cookie, "Origin": origin})

    assert answer.status_code == 204


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_cookie_may_read_from_any_origin(client: FlaskClient, ann: Account, method: str) -> None:
    headers = {"Cookie": ann.cookie, "Sec-Fetch-Site": "cross-site"}

    assert client.open(SESSION, method=method, headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_admin_with_a_cookie_may_write_only_from_our_origin(
    client: FlaskClient, admin: Account, ann: Account, method: str
) -> None:
    cookie = {"Cookie": admin.cookie}
    body = {"name": "Ann"} if method == "PATCH" else None
    path = f"{USERS}/{ann.id}"

    refused = client.open(path, method=method, headers=cookie, json=body)
    done = client.open(path, method=method, headers=cookie | SAME_ORIGIN, json=body)

    assert (refused.status_code, done.status_code) == (403, 200)
