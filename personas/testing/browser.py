"""Browsers for personas, where pytest-playwright is installed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from personas.testing.person import Person

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_playwright.pytest_playwright import CreateContextCallback

    from personas.testing.cast import Service


@pytest.fixture
def persona_page(
    persona: Callable[[str], Person],
    new_context: "CreateContextCallback",
    browser_context_args: dict[str, Any],
    _personas_service: "Service",
) -> "Callable[[str], Page]":
    """A browser page of a persona: `persona_page("anna").goto("/me")`.

    Each has a browser context, and so a session, of its own. Addresses are relative to the
    service, unless there is another base URL.
    """
    url = _personas_service.url
    base: dict[str, Any] = {} if browser_context_args.get("base_url") else {"base_url": url}

    def open_page(who: str) -> "Page":
        someone = persona(who)
        context = new_context(**base)
        credentials = {"email": someone.email, "password": someone.password}
        answer = context.request.post(f"{url}/api/v1/auth/login", data=credentials)
        if not answer.ok:
            pytest.fail(f"{someone.email} cannot log in at {url}: status {answer.status}")
        return context.new_page()

    return open_page
