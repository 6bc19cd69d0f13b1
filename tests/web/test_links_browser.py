"""Mailed links in a browser with JavaScript: the script puts the token into the form."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.browser import chromium
from tests.people import PASSWORD
from tests.server import serve

pytestmark = pytest.mark.slow

NEW = "another password that is long"
FIELD = "Link or token from the e-mail"
MISSING = "The link is missing. Paste it here, or get a new one."


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


@pytest.fixture
def link(url: str, links: Callable[[], list[str]]) -> Callable[[], str]:
    """The newest mailed link, on the current server."""
    return lambda: links()[-1].replace("http://localhost:5000", url)


def register(app: Flask) -> None:
    sent = {"email": "ann@example.org", "password": PASSWORD}
    app.test_client().post("/api/v1/auth/register", json=sent)


def test_a_click_confirms_the_email_after_a_login(app: Flask, link: Callable[[], str]) -> None:
    register(app)

    with chromium(expected=("401",)) as page:
        page.goto(link())
        assert page.get_by_label(FIELD).is_hidden()
        for password in ("not her password", PASSWORD):
            page.get_by_label("E-mail", exact=True).fill("ann@example.org")
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Log in and confirm").click()
        page.get_by_text("Your e-mail address is confirmed.").wait_for(timeout=10_000)


def test_a_click_sets_a_new_password(app: Flask, link: Callable[[], str]) -> None:
    register(app)
    client = app.test_client()
    client.post("/api/v1/auth/forgot-password", json={"email": "ann@example.org"})

    with chromium(expected=("422",)) as page:
        page.goto(link())
        page.get_by_label("New password").fill("short")
        page.get_by_role("button", name="Set password").click()
        page.get_by_text("Must have at least 15 characters.").wait_for(timeout=10_000)
        assert page.get_by_label(FIELD).is_hidden()
        page.get_by_label("New password").fill(NEW)
        page.get_by_role("button", name="Set password").click()
        page.get_by_text("Your new password is set.").first.wait_for(timeout=10_000)

    logged_in = client.post(
        "/api/v1/auth/login", json={"email": "ann@example.org", "password": NEW}
    )
    assert logged_in.status_code == 200


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_a_page_without_a_link_says_that_it_is_missing(url: str, path: str) -> None:
    with chromium() as page:
        page.goto(f"{url}{path}")
        page.get_by_text(MISSING).wait_for(timeout=10_000)
        assert page.get_by_label(FIELD).is_visible()
        page.goto(f"{url}{path}#token=a.b.c")  # in the same tab, which does not load it again
        page.get_by_text(MISSING).wait_for(state="hidden", timeout=10_000)
        assert page.get_by_label(FIELD).is_hidden()


def test_a_bad_link_is_shown_with_the_offer_of_a_new_one(url: str) -> None:
    with chromium(expected=("422",)) as page:
        page.goto(f"{url}/reset-password#token=a.b.c")
        page.get_by_label("New password").fill(NEW)
        page.get_by_role("button", name="Set password").click()
        page.get_by_text("This link is invalid").wait_for(timeout=10_000)
        assert page.get_by_label(FIELD).input_value() == "a.b.c"
        assert page.get_by_text(MISSING).is_hidden()
        page.get_by_role("link", name="Get a new link").click()
        assert page.url == f"{url}/forgot-password"


def test_a_logged_in_browser_gets_a_new_link(
    app: Flask, url: str, links: Callable[[], list[str]]
) -> None:
    register(app)

    with chromium() as page:
        page.goto(f"{url}/verify-email")
        page.get_by_role("link", name="Log in to get a new one").click()
        page.get_by_label("E-mail").fill("ann@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{url}/verify-email", timeout=10_000)
        page.get_by_role("button", name="Send a new link").click()
        page.get_by_text("A new link is on its way to ann@example.org.").wait_for(timeout=10_000)

    assert len(links()) == 2
