"""A browser that is logged in, by a form or by a saved state, in real Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from tests.browser import chromium
from tests.conftest import CreateApp
from tests.people import PASSWORD, Account
from tests.server import serve
from tests.service import run

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.slow

DENIED = ("401",)
AWAY = "The service cannot be reached. Try again."


def cut(route: "Route") -> None:
    route.abort()


def answer_as_a_proxy(route: "Route") -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")


def answer_without_a_word(route: "Route") -> None:
    route.fulfill(status=502, json={})


@pytest.fixture
def app(make_app: CreateApp) -> Flask:
    """At the host where the server of a test is found."""
    return make_app(url="http://127.0.0.1:5000")


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


@pytest.fixture
def anna(create_persona: Callable[..., Account]) -> Account:
    return create_persona("persona.anna@mana.test", name="Anna")


@pytest.mark.usefixtures("anna")
def test_a_saved_state_logs_a_browser_in(app: Flask, url: str, tmp_path: Path) -> None:
    file = tmp_path / "anna.json"
    assert run(app, "storage-state", "anna", "-o", file).exit_code == 0

    with chromium(storage_state=file) as page:
        for path in ("/", "/me"):
            answer = page.goto(f"{url}{path}")
            assert answer is not None
            assert answer.status == 200
            assert page.url == f"{url}{path}"
            assert page.get_by_role("heading").inner_text() == "Anna"
            assert page.get_by_text("persona.anna@mana.test").is_visible()
        assert page.evaluate("document.cookie") == ""


def test_a_stranger_logs_in(url: str, anna: Account) -> None:
    with chromium(expected=DENIED) as page:
        for path in ("/", "/me"):
            page.goto(f"{url}{path}")
            assert page.url == f"{url}/login"
        page.get_by_label("E-mail").fill(anna.email)
        page.get_by_label("Password").fill("not her password")
        page.get_by_role("button").click()
        page.get_by_text("E-mail or password is wrong.").wait_for(timeout=10_000)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        page.wait_for_url(f"{url}/me", timeout=10_000)
        assert page.get_by_role("heading").inner_text() == "Anna"


@pytest.mark.parametrize("away", [cut, answer_as_a_proxy, answer_without_a_word])
@pytest.mark.parametrize("path", ["login", "reset-password", "verify-email"])
def test_a_page_says_that_the_service_is_away(
    url: str, path: str, away: "Callable[[Route], None]"
) -> None:
    with chromium(expected=("ERR_FAILED", "502")) as page:
        page.route("**/api/**", away)
        page.goto(f"{url}/{path}")
        if path == "login":
            page.get_by_label("E-mail").fill("ann@example.org")
        if path != "verify-email":  # which asks by itself
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button").click()
        page.get_by_text(AWAY).wait_for(timeout=10_000)
        assert page.url == f"{url}/{path}"
