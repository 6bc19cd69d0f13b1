"""What pytest loads: options and fixtures. All else is imported when a fixture is first used, so
that a plugin that is installed but not used costs nothing.
"""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from personas.seeding.catalog import Catalog
    from personas.testing.cast import Cast, Service
    from personas.testing.person import Person

TOKEN_VARIABLE = "PERSONAS_ADMIN_JWT"  # noqa: S105  a name; the commands read it too


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("personas")
    group.addoption(
        "--personas-url",
        metavar="URL",
        help="Play against the service at this address, not one in process.",
    )
    group.addoption(
        "--personas-admin-token",
        metavar="TOKEN",
        help="An admin's access token there. Everybody on this machine can read an argument: "
        f"prefer the environment variable {TOKEN_VARIABLE}.",
    )
    parser.addini(
        "personas_catalog",
        "Another catalog of personas than the shipped one; relative to the root directory.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("personas_url") and not _token(config):
        raise pytest.UsageError(
            f"--personas-url takes an admin's token: in {TOKEN_VARIABLE}, "
            "or as --personas-admin-token TOKEN."
        )
    if config.pluginmanager.hasplugin("playwright"):
        from personas.testing import browser

        # here, so that its fixtures come after those of pytest-playwright
        config.pluginmanager.register(browser, "personas-browser")


@pytest.fixture(scope="session")
def _personas_catalog(pytestconfig: pytest.Config) -> "Catalog":
    from personas.testing.cast import load

    named = pytestconfig.getini("personas_catalog")
    return load(pytestconfig.rootpath / named if named else None)


@pytest.fixture(scope="session")
def _personas_service(
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    _personas_catalog: "Catalog",
) -> "Iterator[Service]":
    """What the tests of this worker play against."""
    if url := pytestconfig.getoption("personas_url"):
        from personas.testing.remote import remote

        # without pytest-xdist the word for it is pytest-xdist's own: master
        worker = os.environ.get("PYTEST_XDIST_WORKER", "master")
        with remote(url, token=_token(pytestconfig), worker=worker) as service:
            yield service
    else:
        from personas.testing.local import local

        with local(tmp_path_factory.mktemp("personas"), _personas_catalog) as service:
            yield service


@pytest.fixture
def _personas(_personas_service: "Service", _personas_catalog: "Catalog") -> "Iterator[Cast]":
    """Those who play in this test."""
    from personas.testing.cast import Cast

    with _personas_service.test():
        yield Cast(_personas_service, _personas_catalog.personas)


@pytest.fixture
def personas_app(request: pytest.FixtureRequest, _personas: "Cast") -> "Flask":
    """The service in process, on a database of the test's own with the catalog seeded.

    Skips the test where it plays against `--personas-url`.
    """
    if request.config.getoption("personas_url"):
        pytest.skip("personas_app is in process, and --personas-url is not")
    app: Flask = request.getfixturevalue("_personas_service").app
    return app


@pytest.fixture
def persona(_personas: "Cast") -> "Callable[[str], Person]":
    """Log in a persona of the catalog by name or e-mail: `persona("anna")`.

    The same object however often it is asked for in a test.
    """
    return _personas.persona


@pytest.fixture
def any_persona(_personas: "Cast") -> "Callable[..., Person]":
    """Log in a persona of an archetype: `any_persona(archetype="solo-dev")`."""
    return _personas.any_persona


@pytest.fixture
def admin(_personas: "Cast") -> "Person":
    """An admin, logged in: an account of the test's own, or the one of the given token."""
    return _personas.service.admin()


@pytest.fixture
def persona_page() -> NoReturn:
    """A browser page of a persona: `persona_page("anna").goto("/me")`."""
    pytest.skip("persona_page needs pytest-playwright: pip install pytest-playwright")


def _token(config: pytest.Config) -> str:
    given = config.getoption("personas_admin_token") or os.environ.get(TOKEN_VARIABLE, "")
    return str(given).strip()
