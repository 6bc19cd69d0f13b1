"""Who may open which page, and where everybody else is sent."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.guard import ADMIN, ANYONE, MONITOR, RUNNER, allow
from tests.people import Account
from tests.web.visitor import HTML, SAME_ORIGIN, post

OURS = "http://localhost:5000"
PAGES = pytest.mark.parametrize("path", ["/", "/me"])


@pytest.fixture
def app(app_with_page: Flask) -> Flask:
    return app_with_page


def add_page(app: Flask, *, allows: str | None) -> None:
    """A page that a test adds, open to whom it says; None: it says nothing."""

    def view() -> str:
        return "open"

    page = view if allows is None else allow(allows)(view)
    app.view_functions["web.new"] = page


@PAGES
def test_a_logged_out_browser_is_sent_to_the_login_and_back(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?next={path}")


def test_the_way_back_keeps_the_query(app: Flask, client: FlaskClient) -> None:
    add_page(app, allows=ADMIN)

    answer = client.get("/new/%C3%A4%20b?q=a%26b&sort=name")

    back = "/new/%25C3%25A4%2520b?q%3Da%2526b%26sort%3Dname"
    assert answer.headers["Location"] == f"/login?next={back}"


def test_a_form_of_a_logged_out_browser_has_no_way_back(client: FlaskClient) -> None:
    answer = post(client, "/logout")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


@pytest.mark.parametrize("cookie", ["", "personas_session=", "personas_session=forged.signature"])
def test_a_bad_cookie_logs_nobody_in(client: FlaskClient, cookie: str) -> None:
    answer = client.get("/me", headers={"Cookie": cookie})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/me")


def test_an_ended_session_opens_no_page(client: FlaskClient, ann: Account) -> None:
    client.post("/api/v1/auth/logout", headers=ann.headers)

    assert client.get("/me", headers={"Cookie": ann.cookie}).status_code == 303


def test_a_token_opens_no_page(client: FlaskClient, ann: Account) -> None:
    assert client.get("/me", headers=ann.headers).status_code == 303


def test_the_cookie_decides_whatever_the_token(
    client: FlaskClient, ann: Account, create_user: Callable[..., Account]
) -> None:
    bob = create_user("bob@example.org")
    answer = client.get("/me", headers={**bob.headers, "Cookie": ann.cookie})

    assert "ann@example.org" in answer.text
    assert "bob@example.org" not in answer.text


def test_an_admins_page_is_for_admins(
    app: Flask, client: FlaskClient, ann: Account, admin: Account
) -> None:
    add_page(app, allows=ADMIN)

    cookies = [ann.cookie, admin.cookie, ""]
    answers = [client.get("/new", headers=HTML | {"Cookie": each}) for each in cookies]

    assert [answer.status_code for answer in answers] == [403, 200, 303]
    assert answers[0].mimetype == "text/html"
    assert "Only admins may do this." in answers[0].text
    assert "ann</bdi>" in answers[0].text


@pytest.mark.parametrize("allows", [None, "", "everybody", RUNNER, MONITOR])
def test_a_page_that_does_not_say_who_may_open_it_is_closed(
    app: Flask, client: FlaskClient, admin: Account, as_runner: dict[str, str], allows: str | None
) -> None:
    add_page(app, allows=allows)
    headers = HTML | as_runner | {"Cookie": admin.cookie}

    answers = [client.get("/new", headers=headers), post(client, "/new", headers=headers)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].mimetype == "text/html"


@pytest.mark.parametrize("with_cookie", [True, False])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SAME_ORIGIN, 200),
        ({"Origin": OURS}, 200),
        (SAME_ORIGIN | {"Origin": "https://evil.example"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"{OURS}.evil.example"}, 403),
        ({"Referer": f"{OURS}/"}, 403),
        ({}, 403),
    ],
)
def test_a_form_must_come_from_our_own_pages_with_or_without_a_cookie(
    app: Flask,
    client: FlaskClient,
    ann: Account,
    headers: dict[str, str],
    status: int,
    with_cookie: bool,
) -> None:
    add_page(app, allows=ANYONE)
    cookie = {"Cookie": ann.cookie} if with_cookie else {}

    assert client.post("/new", headers=cookie | headers).status_code == status


def test_another_site_logs_nobody_in(client: FlaskClient, ann: Account) -> None:
    sent = {"email": ann.email, "password": "a long enough password"}
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    answer = post(client, "/login", sent, headers=headers)

    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert "A form must be sent from a page of this service." in answer.text


def test_methods_can_be_asked_for(client: FlaskClient) -> None:
    answer = client.options("/login")

    assert answer.status_code == 200
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
