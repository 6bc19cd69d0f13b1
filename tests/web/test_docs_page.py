"""The page that draws the API's document, in a real browser under the strict content policy."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from personas.auth.guard import ANYONE, allow
from personas.http.headers import HEADERS
from tests.browser import chromium
from tests.conftest import CreateApp
from tests.server import serve

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

POLICY = "Content-Security-Policy"
BACKGROUND = "element => getComputedStyle(element).backgroundColor"
SCREENSHOT = Path(__file__).parents[2] / "docs" / "images" / "docs-page.png"


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with serve(app) as address:
        yield address


def test_the_page_draws_every_operation_in_a_browser(
    url: str, client: FlaskClient, tmp_path: Path
) -> None:
    """With `UPDATE_IMAGES` set, what it sees becomes the picture in the docs."""
    picture = tmp_path / "docs-page.png"
    with chromium() as page:
        answer = page.goto(f"{url}/docs")
        page.locator(".opblock").first.wait_for(timeout=20_000)
        shown = _operations(page)
        page.set_viewport_size({"width": 1200, "height": 1500})
        page.screenshot(path=picture)

    paths = client.get("/openapi.json").get_json()["paths"]
    said = {(method, path) for path in paths for method in paths[path] if method != "parameters"}
    assert answer is not None
    assert answer.headers[POLICY.lower()] == HEADERS[POLICY]
    assert shown == said
    if os.environ.get("UPDATE_IMAGES"):
        SCREENSHOT.parent.mkdir(exist_ok=True)
        shutil.copy(picture, SCREENSHOT)


def _operations(page: "Page") -> set[tuple[str, str]]:
    """The operations that stand on the page."""
    blocks = page.locator(".opblock")
    methods = blocks.locator(".opblock-summary-method").all_inner_texts()
    paths = blocks.locator("[data-path]").evaluate_all("all => all.map(e => e.dataset.path)")
    return {(method.lower(), path) for method, path in zip(methods, paths, strict=True)}


@pytest.mark.parametrize("prefix", ["", "/tools/personas"])
def test_the_page_has_the_colours_that_the_browser_prefers(app: Flask, prefix: str) -> None:
    with serve(DispatcherMiddleware(app, {prefix: app})) as url:  # noqa: SIM117
        with chromium(color_scheme="dark") as page:
            page.goto(f"{url}{prefix}/docs")
            page.locator(".opblock").first.wait_for(timeout=20_000)
            dark = page.locator(".swagger-ui").first.evaluate(BACKGROUND)
            page.emulate_media(color_scheme="light")
            page.locator("html:not(.dark-mode)").wait_for(timeout=10_000)
            light = page.locator("#docs").evaluate(BACKGROUND)

    assert dark == "rgb(28, 32, 34)"
    assert light == "rgba(0, 0, 0, 0)"


def test_an_operation_can_be_tried_in_the_browser(url: str) -> None:
    with chromium() as page:
        page.goto(f"{url}/docs")
        page.locator(".opblock").first.wait_for(timeout=20_000)
        page.get_by_role("button", name="GET /healthz").first.click(timeout=20_000)
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        page.locator(".live-responses-table").get_by_text('"ok"').first.wait_for(timeout=10_000)


def test_a_browser_that_is_refused_something_is_noticed(make_app: CreateApp) -> None:
    app = make_app()

    def inline() -> str:
        return "<!doctype html><script>document.title = 'inline'</script>"

    app.view_functions["web.docs"] = allow(ANYONE)(inline)

    with serve(app) as url, pytest.raises(AssertionError, match="Content Security Policy"):  # noqa: SIM117
        with chromium() as page:
            page.goto(f"{url}/docs")


def test_files_are_served_with_a_way_to_ask_again(client: FlaskClient) -> None:
    path = "/static/swagger/docs.js"
    with client.get(path) as first:
        tag = first.headers["ETag"]
    with client.get(path, headers={"If-None-Match": tag}) as again:
        pass

    assert first.status_code == 200
    assert first.mimetype == "text/javascript"
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["nothing.js", "../app.py", "%2e%2e/app.py", "swagger", ""])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/static/{name}")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
