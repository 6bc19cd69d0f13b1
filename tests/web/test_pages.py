"""What a browser is shown: who is logged in, and a login for whoever is not."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.people import Account

PAGES = pytest.mark.parametrize("path", ["/", "/me"])


@PAGES
def test_a_logged_in_browser_is_shown_who_it_is(
    client: FlaskClient, ann: Account, path: str
) -> None:
    answer = client.get(path, headers={"Cookie": ann.cookie})

    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    for word in ("ann@example.org", "not confirmed", "human", "user", "public"):
        assert word in answer.text


@PAGES
def test_a_stranger_is_sent_to_the_login(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


@pytest.mark.parametrize("cookie", ["", "personas_session=", "personas_session=forged.signature"])
def test_a_bad_cookie_is_a_strangers(client: FlaskClient, cookie: str) -> None:
    answer = client.get("/me", headers={"Cookie": cookie})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


def test_a_session_that_has_ended_is_a_strangers(client: FlaskClient, ann: Account) -> None:
    client.post("/api/v1/auth/logout", headers=ann.headers)

    assert client.get("/me", headers={"Cookie": ann.cookie}).status_code == 302


def test_a_token_opens_no_page(client: FlaskClient, ann: Account) -> None:
    assert client.get("/me", headers=ann.headers).status_code == 302


def test_the_cookie_decides_whatever_token_is_shown(
    client: FlaskClient, ann: Account, create_user: Callable[..., Account]
) -> None:
    bob = create_user("bob@example.org")
    answer = client.get("/me", headers={**bob.headers, "Cookie": ann.cookie})

    assert "ann@example.org" in answer.text
    assert "bob@example.org" not in answer.text


def test_a_name_is_text(client: FlaskClient, ann: Account, admin: Account) -> None:
    name = "<script>alert(1)</script>\"'&"
    changed = client.patch(
        f"/api/v1/admin/users/{ann.id}", json={"name": name}, headers=admin.headers
    )
    answer = client.get("/me", headers={"Cookie": ann.cookie})

    assert changed.status_code == 200
    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in answer.text


def test_below_a_prefix_the_login_is_below_it_too(client: FlaskClient) -> None:
    answer = client.get("/me", base_url="http://localhost/tools/personas")

    assert answer.headers["Location"] == "/tools/personas/login"


def test_the_login_is_open(client: FlaskClient) -> None:
    answer = client.get("/login")

    assert answer.status_code == 200
    assert 'type="password"' in answer.text


def test_pages_are_read_only(client: FlaskClient, ann: Account) -> None:
    for path in ("/", "/me", "/login"):
        assert client.post(path, headers={"Cookie": ann.cookie}).status_code == 405


@pytest.mark.parametrize("path", ["/login", "/verify-email", "/reset-password"])
def test_a_form_sent_before_its_script_has_loaded_shows_no_password_in_an_address(
    client: FlaskClient, path: str
) -> None:
    forms = re.findall("<form[^>]*>", client.get(path).text)

    assert forms
    assert all('method="post"' in form for form in forms)
