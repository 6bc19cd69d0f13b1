"""The fixture `persona_page`, if pytest-playwright is installed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from personas.testing.person import Person

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_playwright.pytest_playwright import CreateContextCallback

    from personas.testing.logins import Service


@pytest.fixture
def persona_page(
    persona: Callable[[str], Person],
    new_context: "CreateContextCallback",
    browser_context_args: dict[str, Any],
    _personas_service: "Service",
) -> "Callable[[str], Page]":
    """A browser page of a logged-in persona: `persona_page("anna").goto("/me")`.

    Each page has its own browser context and session. Paths are relative to the service, unless
    pytest-playwright has a base URL.
    """
    url = _personas_service.url
    base: dict[str, Any] = {} if browser_context_args.get("base_url") else {"base_url": url}

    def open_page(name_or_email: str) -> "Page":
        person = persona(name_or_email)
        context = new_context(**base)
        credentials = {"email": person.email, "password": person.password}
        response = context.request.post(f"{url}/api/v1/auth/login", data=credentials)
        if not response.ok:
            pytest.fail(f"Cannot log in as {person.email} at {url}: status {response.status}")
        return context.new_page()

    return open_page
