"""The pages of a mounted service: their links, redirects and errors stay below its prefix."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.people import PASSWORD, Account

HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


def test_a_logged_out_browser_is_sent_to_the_login_below_the_prefix(visitor: FlaskClient) -> None:
    answer = visitor.get("/personas/me")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/personas/login?next=/personas/me"


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/personas/me", "/personas/me"), ("/members", "/personas/"), (None, "/personas/")],
)
def test_a_login_goes_back_below_the_prefix(
    visitor: FlaskClient, register: Callable[..., Account], path: str | None, leads_to: str
) -> None:
    form = urlencode({"email": register().email, "password": PASSWORD})
    query = {"next": path} if path else {}

    answer = visitor.post("/personas/login", data=form, headers=FORM, query_string=query)

    assert (answer.status_code, answer.headers["Location"]) == (303, leads_to)


def test_links_stay_below_the_prefix(
    visitor: FlaskClient, register: Callable[..., Account]
) -> None:
    text = visitor.get("/personas/", headers={"Cookie": register().cookie}).text

    links = re.findall(r'(?:href|src|action)="([^"#]+)"', text)
    assert "/personas/logout" in links
    assert [link for link in links if not link.startswith("/personas/")] == []


@pytest.mark.parametrize(
    ("path", "mimetype"),
    [("/personas/nowhere", "text/html"), ("/personas/api/nowhere", "application/problem+json")],
)
def test_errors_below_the_prefix_are_pages_or_problem_documents(
    visitor: FlaskClient, path: str, mimetype: str
) -> None:
    answer = visitor.get(path, headers=HTML)

    assert (answer.status_code, answer.mimetype) == (404, mimetype)
    assert "the host" not in answer.text
