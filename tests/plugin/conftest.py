"""What the tests of the plugin share: somebody else's test-suites, in a pytest of their own."""

import sys
from collections.abc import Callable, Iterator
from textwrap import dedent
from types import ModuleType

import pytest

from personas.testing import plugin

Play = Callable[..., pytest.RunResult]
OPTIONS = ("-p", "no:cacheprovider", "-W", "error")


class Imported:
    """Keeps what a run imports. pytester forgets it, and half of httpx would come twice."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self) -> None:
        theirs = "test_theirs"
        self._modules |= {name: sys.modules[name] for name in sys.modules if name != theirs}

    def keep(self) -> None:
        sys.modules.update(self._modules)


@pytest.fixture
def imported() -> Iterator[Imported]:
    imported = Imported()
    yield imported
    imported.keep()


@pytest.fixture
def pytester(imported: Imported, pytester: pytest.Pytester) -> pytest.Pytester:  # noqa: ARG001
    """pytest's own, which at its end forgets imports once more: what keeps them ends after it."""
    return pytester


@pytest.fixture
def play(pytester: pytest.Pytester, imported: Imported, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Run a test file of these lines in this process, with warnings as errors:
    `play("def test_…", "--personas-url", url)`."""
    for name in ("PYTEST_XDIST_WORKER", "PERSONAS_ADMIN_JWT"):
        monkeypatch.delenv(name, raising=False)
    # ours alone: each run would import the others anew
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_here(lines: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_theirs=dedent(lines))
        done = pytester.runpytest_inprocess(*OPTIONS, *options, plugins=[plugin, imported])
        imported.keep()
        return done

    return run_here


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run the test file at hand in a process of its own, with all plugins that are installed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return pytester.run(*command, timeout=120)
