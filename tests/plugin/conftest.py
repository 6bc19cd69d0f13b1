"""What the tests of the plugin share: somebody else's test-suites, in a pytest of their own."""

import sys
from collections.abc import Callable
from textwrap import dedent

import pytest

from personas.testing import plugin

Play = Callable[..., pytest.RunResult]
OPTIONS = ("-p", "no:cacheprovider", "-W", "error")


class Imported:
    """Keeps what a run imports. pytester forgets it, and half of httpx would come twice."""

    def pytest_unconfigure(self) -> None:
        self._modules = {name: sys.modules[name] for name in sys.modules if name != "test_theirs"}

    def keep(self) -> None:
        sys.modules.update(self._modules)


@pytest.fixture
def play(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Run a test file of these lines in this process, with warnings as errors:
    `play("def test_…", "--personas-url", url)`."""
    for name in ("PYTEST_XDIST_WORKER", "PERSONAS_ADMIN_JWT"):
        monkeypatch.delenv(name, raising=False)
    # ours alone: each run would import the others anew
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_here(lines: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_theirs=dedent(lines))
        imported = Imported()
        done = pytester.runpytest_inprocess(*OPTIONS, *options, plugins=[plugin, imported])
        imported.keep()
        return done

    return run_here


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the test file at hand in a process of its own, with all plugins that are installed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return pytester.run(*command, timeout=120)
