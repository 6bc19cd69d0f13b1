"""Log in by a form, go where one wanted to go, log out."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.limit import Limits
from personas.http.problems import Unavailable
from personas.state import state_of
from tests.auth.tries import fail
from tests.people import PASSWORD, Account
from tests.web.visitor import post

GOOD = {"email": "ann@example.org", "password": PASSWORD}
# each would leave our pages, or not be a path
OTHERS = [
    "https://evil.example/",
    "//evil.example/me",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/me\x00",
    "/me\x7f",
    "/me\u2028",
    " /me",
    "me",
    "",
    "javascript:alert(1)",
    "/../other",
    "/a/%2e%2e/%2E%2E/other",
    "/..\\other",
]


@pytest.mark.usefixtures("ann")
def test_a_form_logs_in(client: FlaskClient) -> None:
    answer = post(client, "/login", {"email": "ANN@example.org", "password": PASSWORD})

    [cookie] = answer.headers.getlist("Set-Cookie")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert cookie.startswith("personas_session=")
    assert sorted(cookie.split("; ")[1:]) == ["HttpOnly", "Path=/", "SameSite=Lax"]
    assert client.get("/me", headers={"Cookie": cookie.split(";")[0]}).status_code == 200


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("path", ["/me", "/docs", "/me?a=b&c=/d", "/", "/modules/a.b?x=.."])
def test_a_login_goes_back_to_where_it_came_from(client: FlaskClient, path: str) -> None:
    answer = post(client, "/login", GOOD, query_string={"next": path})

    assert answer.headers["Location"] == path


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("path", OTHERS, ids=repr)
def test_a_login_leads_to_our_own_pages_alone(client: FlaskClient, path: str) -> None:
    answer = post(client, "/login", GOOD, query_string={"next": path})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/tools/personas/me", "/tools/personas/me"),
        ("/tools/personas/", "/tools/personas/"),
        ("/me", "/tools/personas/"),
        ("/tools/personas-evil", "/tools/personas/"),
        ("/tools/personas/../me", "/tools/personas/"),
    ],
)
def test_below_a_prefix_the_way_back_stays_below_it(
    client: FlaskClient, path: str, leads_to: str
) -> None:
    base = "http://localhost/tools/personas"

    answer = post(client, "/login", GOOD, query_string={"next": path}, base_url=base)

    assert answer.headers["Location"] == leads_to


def test_a_logged_in_browser_goes_on(client: FlaskClient, ann: Account) -> None:
    cookie = {"Cookie": ann.cookie}
    answers = [client.get(path, headers=cookie) for path in ("/login", "/login?next=/docs")]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [answer.headers["Location"] for answer in answers] == ["/", "/docs"]


def test_the_form_keeps_the_way_back(client: FlaskClient) -> None:
    ours, theirs = client.get("/login?next=/me%3Fa=b"), client.get("/login?next=//evil.example")

    assert 'action="/login?next=/me?a%3Db"' in ours.text
    assert 'action="/login"' in theirs.text


def test_wrong_credentials_show_the_form_again(client: FlaskClient, ann: Account) -> None:
    answer = post(client, "/login", {"email": ann.email, "password": "not her password"})

    assert answer.status_code == 401
    assert answer.mimetype == "text/html"
    assert "E-mail or password is wrong." in answer.text
    assert 'value="ann@example.org"' in answer.text
    assert "not her password" not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_faults_are_shown_at_their_fields(client: FlaskClient) -> None:
    answer = post(client, "/login", {"email": '"><i>', "password": "", "remember": "on"})

    assert answer.status_code == 422
    assert '<p class="error" id="email-error">' in answer.text
    assert '<p class="error" id="password-error">Fill in this field.</p>' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'value="&#34;&gt;&lt;i&gt;"' in answer.text


def test_too_many_logins_have_to_wait(client: FlaskClient, ann: Account) -> None:
    fail(client, 5)  # through the API; the two are counted together
    for _ in range(5):
        post(client, "/login", {"email": ann.email, "password": "not her password"})

    answer = post(client, "/login", GOOD)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert "Too many attempts." in answer.text
    assert 'value="ann@example.org"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.usefixtures("ann")
def test_logins_by_a_form_are_counted(client: FlaskClient) -> None:
    post(client, "/login", GOOD)
    post(client, "/login", GOOD | {"password": "not her password"})

    text = client.get("/metrics").text
    assert 'personas_logins_total{result="ok"} 1.0' in text
    assert 'personas_logins_total{result="wrong"} 1.0' in text


def test_a_form_logs_out(client: FlaskClient, ann: Account) -> None:
    answer = post(client, "/logout", headers={"Cookie": ann.cookie})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("personas_session=;")
    assert client.get("/me", headers={"Cookie": ann.cookie}).status_code == 303
    assert client.get("/api/v1/auth/session", headers=ann.headers).status_code == 401


@pytest.mark.usefixtures("ann")
def test_a_busy_service_shows_the_form_again(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise Unavailable

    monkeypatch.setattr(state_of(app)[Limits], "check", refuse)

    answer = post(client, "/login", GOOD)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert 'value="ann@example.org"' in answer.text
