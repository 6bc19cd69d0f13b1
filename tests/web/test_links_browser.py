"""The two pages that mailed links lead to, in a real browser."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from personas.auth.mail import Outbox
from personas.state import state_of
from tests.browser import chromium
from tests.people import PASSWORD
from tests.server import serve

pytestmark = pytest.mark.slow

NEW = "another password that is long"


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


@pytest.fixture
def link(app: Flask, instance: Path, url: str) -> Callable[[], str]:
    """The newest mailed link, on the server at work."""

    def newest() -> str:
        outbox: Outbox = state_of(app)[Outbox]
        outbox.wait()
        text = (instance / "mailbox").read_text()
        return url + str(re.findall(r"http://localhost:5000(\S+)", text)[-1])

    return newest


def test_a_click_confirms_the_email_after_a_login(app: Flask, link: Callable[[], str]) -> None:
    sent = {"email": "ann@example.org", "password": PASSWORD}
    app.test_client().post("/api/v1/auth/register", json=sent)

    with chromium(expected=("401",)) as page:
        page.goto(link())
        page.get_by_label("E-mail").fill("ann@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        page.get_by_text("Your e-mail address is confirmed.").wait_for(timeout=10_000)


def test_a_click_sets_a_new_password(app: Flask, link: Callable[[], str]) -> None:
    client = app.test_client()
    client.post("/api/v1/auth/register", json={"email": "ann@example.org", "password": PASSWORD})
    client.post("/api/v1/auth/forgot-password", json={"email": "ann@example.org"})

    with chromium(expected=("422",)) as page:
        page.goto(link())
        page.get_by_label("New password").fill("short")
        page.get_by_role("button").click()
        page.get_by_text("Must have at least 15 characters.").wait_for(timeout=10_000)
        page.get_by_label("New password").fill(NEW)
        page.get_by_role("button").click()
        page.get_by_text("Your new password is set.").wait_for(timeout=10_000)

    logged_in = client.post(
        "/api/v1/auth/login", json={"email": "ann@example.org", "password": NEW}
    )
    assert logged_in.status_code == 200
