"""Errors: pages for browsers, problem documents for everybody else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from personas.auth.guard import ANYONE, allow
from personas.http.problems import StorageFull, TooMany
from tests.conftest import CreateApp
from tests.people import Account
from tests.production import secrets
from tests.web.visitor import FORM, HTML, SAME_ORIGIN

PROBLEM = "application/problem+json"


@pytest.fixture
def app(app_with_page: Flask) -> Flask:
    return app_with_page


def raising(app: Flask, error: Exception) -> None:
    """Let /new fail with this error."""

    @allow(ANYONE)
    def view() -> str:
        raise error

    app.view_functions["web.new"] = view


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json, Text/HTML;q=0.1", "text/html"),
        ("text/html;level=1", "text/html"),
        ("*/*", PROBLEM),
        ("text/*", PROBLEM),
        ("text/css,*/*;q=0.1", PROBLEM),
        ("text/html;q=0, */*", PROBLEM),
        ("application/json", PROBLEM),
        ("", PROBLEM),
        (None, PROBLEM),
    ],
)
def test_whoever_names_html_gets_a_page(
    client: FlaskClient, accept: str | None, mimetype: str
) -> None:
    answer = client.get("/nowhere", headers={} if accept is None else {"Accept": accept})

    assert (answer.status_code, answer.mimetype) == (404, mimetype)


@pytest.mark.parametrize(
    ("path", "mimetype"),
    [
        ("/nowhere", "text/html"),
        ("/static/nothing.js", "text/html"),
        ("/apiary", "text/html"),
        ("/x/api/v1/nowhere", "text/html"),
        ("/api/v1/nowhere", PROBLEM),
        ("/.well-known/nothing", PROBLEM),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/api/people"])
def test_below_the_prefix_the_api_speaks_json(
    client: FlaskClient, path: str, mimetype: str, prefix: str
) -> None:
    answer = client.get(path, headers=HTML, base_url=f"http://localhost{prefix}")

    assert (answer.status_code, answer.mimetype) == (404, mimetype)
    if mimetype == "text/html":
        assert f'href="{prefix}/static/page.css"' in answer.text


def test_a_page_names_the_error_and_who_is_logged_in(client: FlaskClient, ann: Account) -> None:
    answer = client.get("/nowhere", headers=HTML | {"Cookie": ann.cookie})

    assert "<h1>Not Found</h1>" in answer.text
    assert "<bdi>ann</bdi>" in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/login", headers=HTML)

    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("length", [64 * 1024, 64 * 1024 + 1])
def test_a_form_has_a_limit(client: FlaskClient, length: int) -> None:
    sent = b"email=".ljust(length, b"x")
    answer = client.post("/login", data=sent, content_type=FORM, headers=HTML | SAME_ORIGIN)

    assert answer.status_code == (413 if length > 64 * 1024 else 422)
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "text/plain"])
def test_a_page_takes_forms_alone(client: FlaskClient, content_type: str) -> None:
    answer = client.post(
        "/login", data=b"{}", content_type=content_type, headers=HTML | SAME_ORIGIN
    )

    assert (answer.status_code, answer.mimetype) == (415, "text/html")


@pytest.mark.parametrize("sent", [b"email=%ff", b"email=\xff", b"&".join([b"a=b"] * 101)])
def test_a_broken_form_is_refused(client: FlaskClient, sent: bytes) -> None:
    answer = client.post("/login", data=sent, content_type=FORM, headers=HTML | SAME_ORIGIN)

    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (TooMany(retry_after=60), 429, "60"),
        (PoolTimeout(), 503, "1"),
        (StorageFull(), 507, None),
    ],
)
def test_a_page_keeps_status_and_headers(
    app: Flask, client: FlaskClient, error: Exception, status: int, retry_after: str | None
) -> None:
    raising(app, error)

    page, document = client.get("/new", headers=HTML), client.get("/new")

    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert (document.status_code, document.mimetype) == (status, PROBLEM)
    assert [each.headers.get("Retry-After") for each in (page, document)] == [retry_after] * 2
    assert document.get_json()["detail"] in page.text


def test_a_page_for_monitors_names_its_key(make_app: CreateApp) -> None:
    client = make_app("production", url="http://localhost", **secrets()).test_client()

    answer = client.get("/metrics", headers=HTML)

    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    assert answer.headers["WWW-Authenticate"] == "X-Service-Key"


def test_a_mistake_of_ours_is_a_page_without_its_cause(app: Flask, ann: Account) -> None:
    app.testing = False
    raising(app, ZeroDivisionError("the cause"))

    answer = app.test_client().get("/new", headers=HTML | {"Cookie": ann.cookie})

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "The service failed to answer this request." in answer.text
    assert "the cause" not in answer.text


def test_pages_that_need_no_database_do_without_it(
    client: FlaskClient, ann: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_cookie: str) -> None:
        raise OperationalError("SELECT", None, Exception("away"))

    monkeypatch.setattr("personas.auth.session.caller_by_cookie", fail)
    headers = HTML | {"Cookie": ann.cookie}

    answers = [client.get(path, headers=headers) for path in ("/login", "/docs", "/nowhere")]

    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert all("ann" not in answer.text.split("</header>")[0] for answer in answers)
