"""The fixture `persona_page`, in real Chromium."""

from textwrap import dedent

import pytest
from flask import Flask

from personas.user.stamp import ADMIN
from tests.browser import FLAGS, find_chromium
from tests.plugin.conftest import RunTests, run
from tests.server import serve
from tests.service import register

LINES = """
    def test_anna(persona_page, persona, page):
        anna = persona_page("anna")
        for path in ("/", "/me"):
            assert anna.goto(path).status == 200
            assert anna.url.endswith(path)
            assert anna.get_by_text(persona("anna").email).is_visible()
        stranger = page.goto(anna.url)
        assert page.url.endswith("/login?next=/me")

    def test_two_at_once(persona_page):
        ben, kai = persona_page("ben"), persona_page("kai")
        for page, name in ((ben, "Ben"), (kai, "Kai")):
            page.goto("/me")
            assert page.get_by_role("heading").inner_text() == name
    """


@pytest.fixture
def browser_suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A test suite that starts the installed Chromium."""
    from playwright.sync_api import sync_playwright  # slow; quick runs import this module too

    with sync_playwright() as driver:
        options = {"executable_path": find_chromium(driver), "args": FLAGS}
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def browser_type_launch_args(browser_type_launch_args):
            return browser_type_launch_args | {options}
        """
    )
    pytester.makepyfile(test_suite=dedent(LINES))
    return pytester


@pytest.mark.slow
def test_a_page_is_logged_in_to_the_service_in_process(browser_suite: pytest.Pytester) -> None:
    run(browser_suite).assert_outcomes(passed=2)


@pytest.mark.slow
def test_a_page_is_logged_in_to_a_running_service(
    browser_suite: pytest.Pytester, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONAS_ADMIN_JWT", register(app, "admin@example.org", ADMIN))
    with serve(app) as url:
        run(browser_suite, "--personas-url", url).assert_outcomes(passed=2)


def test_without_pytest_playwright_the_fixture_is_skipped(run_tests: RunTests) -> None:
    result = run_tests("def test_anna(persona_page): persona_page('anna')", "-rs")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*persona_page needs pytest-playwright: *"])
