"""Pages in real Chromium: a saved login, and everything without JavaScript."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from personas.audit.service import CLI
from personas.user import service as users
from tests.browser import chromium
from tests.conftest import CreateApp
from tests.people import PASSWORD, Account
from tests.server import serve
from tests.service import run

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

DENIED = ("401",)
NEW = "another password that is long"
NAME = "</bdi><img src=x onerror=alert(1)>\u202ednE" + "W" * 150


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


def test_a_browser_without_javascript_logs_in_and_out(url: str, anna: Account) -> None:
    with chromium(expected=DENIED, java_script_enabled=False) as page:
        page.goto(f"{url}/me")
        assert page.url == f"{url}/login?next=/me"
        log_in(page, anna.email, "not her password")
        page.get_by_text("E-mail or password is wrong.").wait_for(timeout=10_000)
        assert page.get_by_label("E-mail").input_value() == anna.email
        log_in(page, anna.email, PASSWORD)
        page.wait_for_url(f"{url}/me", timeout=10_000)
        assert page.get_by_role("heading").inner_text() == "Anna"
        page.get_by_role("link", name="API").click()
        page.locator("noscript a").wait_for(timeout=10_000)  # where texts are not searched
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(f"{url}/login", timeout=10_000)
        page.get_by_role("link", name="personas").click()
        assert page.url == f"{url}/login?next=/"


def test_a_browser_without_javascript_sets_a_forgotten_password(
    url: str, ann: Account, links: Callable[[], list[str]]
) -> None:
    with chromium(expected=("422",), java_script_enabled=False) as page:
        page.goto(f"{url}/login")
        page.get_by_role("link", name="Forgot password?").click()
        page.get_by_label("E-mail").fill(ann.email)
        page.get_by_role("button", name="Send a link").click()
        page.get_by_text("a link is on its way").wait_for(timeout=10_000)
        page.goto(f"{url}/reset-password")
        page.get_by_label("New password").fill("short")
        page.get_by_role("button", name="Set password").click()
        page.get_by_text("The link is missing.", exact=True).wait_for(timeout=10_000)
        page.get_by_label("Link or token from the e-mail").fill(links()[-1])
        page.get_by_label("New password").fill(NEW)
        page.get_by_role("button", name="Set password").click()
        page.get_by_text("Your new password is set. Log in with it.").wait_for(timeout=10_000)
        page.get_by_role("main").get_by_role("link", name="Log in").click()
        log_in(page, ann.email, NEW)
        page.wait_for_url(f"{url}/", timeout=10_000)


def test_a_browser_without_javascript_confirms_its_address(
    app: Flask, url: str, links: Callable[[], list[str]]
) -> None:
    sent = {"email": "ann@example.org", "password": PASSWORD}
    app.test_client().post("/api/v1/auth/register", json=sent)

    with chromium(java_script_enabled=False) as page:
        page.goto(f"{url}/verify-email")
        page.get_by_label("Link or token from the e-mail").fill(links()[-1])
        page.get_by_label("E-mail", exact=True).fill("ann@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in and confirm").click()
        page.get_by_text("Your e-mail address is confirmed.").wait_for(timeout=10_000)
        page.get_by_role("link", name="Go on").click()
        assert page.get_by_text("not confirmed").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_hostile_name_fits_a_small_screen(
    app: Flask, url: str, ann: Account, scheme: str
) -> None:
    with app.app_context():
        users.update(ann.id, {"name": NAME}, actor=CLI)

    with chromium(color_scheme=scheme, viewport={"width": 390, "height": 760}) as page:
        page.goto(f"{url}/login")
        log_in(page, ann.email, PASSWORD)
        page.get_by_role("button", name="Log out").wait_for(timeout=10_000)
        assert page.get_by_role("heading").inner_text() == NAME
        assert page.locator("img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_keyboard_reaches_the_content_first(url: str) -> None:
    with chromium() as page:
        page.goto(f"{url}/login")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "email"


def log_in(page: "Page", email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
