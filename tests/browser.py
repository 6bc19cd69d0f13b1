"""A real Chromium for tests of pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium(driver: "Playwright") -> str:
    """Debian's, or Playwright's own; without one the test is skipped, or in CI fails."""
    its_own = driver.chromium.executable_path
    for path in (shutil.which("chromium"), shutil.which("chromium-browser"), its_own):
        if path and Path(path).exists():
            return path
    reason = "there is no Chromium: Debian's package is chromium; or playwright install chromium"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium(*, expected: tuple[str, ...] = (), **context: Any) -> "Iterator[Page]":
    """An empty page; `context` is Playwright's (`storage_state=…`). Whatever the browser complains
    of (a broken policy, a script's error) fails the test, unless it contains one of the `expected`
    texts."""
    complaints: list[str] = []

    def hear(message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    from playwright.sync_api import sync_playwright  # slow; quick runs import this module too

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(driver), args=FLAGS)
        page = browser.new_page(**context)
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        browser.close()
    unexpected = [text for text in complaints if not any(one in text for one in expected)]
    assert not unexpected, unexpected
