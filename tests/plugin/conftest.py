"""Fixtures of the plugin tests: other test suites, run in a separate pytest."""

import sys
from collections.abc import Callable, Iterator
from textwrap import dedent
from types import ModuleType

import pytest

from personas.testing import plugin

RunTests = Callable[..., pytest.RunResult]
OPTIONS = ("-p", "no:cacheprovider", "-W", "error")


class Imported:
    """Keeps the modules that a run imports. pytester removes them, and half of httpx would be
    imported twice."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self) -> None:
        suite = "test_suite"
        self._modules |= {name: sys.modules[name] for name in sys.modules if name != suite}

    def keep(self) -> None:
        sys.modules.update(self._modules)


@pytest.fixture
def imported() -> Iterator[Imported]:
    imported = Imported()
    yield imported
    imported.keep()


@pytest.fixture
def pytester(imported: Imported, pytester: pytest.Pytester) -> pytest.Pytester:  # noqa: ARG001
    """pytest's own fixture; its teardown removes imports again, so `imported` must end after it."""
    return pytester


@pytest.fixture
def run_tests(
    pytester: pytest.Pytester, imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> RunTests:
    """Run a test file of these lines in this process, with warnings as errors:
    `run_tests("def test_…", "--personas-url", url)`."""
    for name in ("PYTEST_XDIST_WORKER", "PERSONAS_ADMIN_JWT"):
        monkeypatch.delenv(name, raising=False)
    # only our plugin: each run would import the others again
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_here(lines: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_suite=dedent(lines))
        result = pytester.runpytest_inprocess(*OPTIONS, *options, plugins=[plugin, imported])
        imported.keep()
        return result

    return run_here


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the current test file in a separate process, with all installed plugins."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return pytester.run(*command, timeout=120)
