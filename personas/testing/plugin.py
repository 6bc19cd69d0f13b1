"""The options and fixtures that pytest loads. All other modules are imported when a fixture is
first used: the plugin costs nothing where it is not used.
"""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from personas.seeding.catalog import Catalog
    from personas.testing.logins import PersonaLogins, Service
    from personas.testing.person import Person

TOKEN_VARIABLE = "PERSONAS_ADMIN_JWT"  # noqa: S105  a variable name; the commands read it too


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("personas")
    group.addoption(
        "--personas-url",
        metavar="URL",
        help="Use the service at URL instead of one in the process of the tests.",
    )
    group.addoption(
        "--personas-admin-token",
        metavar="TOKEN",
        help="An admin's access token for that service. Other users of this machine can see "
        f"arguments, so prefer the environment variable {TOKEN_VARIABLE}.",
    )
    parser.addini(
        "personas_catalog",
        "Use this catalog instead of the shipped one. The path is relative to the root directory.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("personas_url") and not _token(config):
        raise pytest.UsageError(
            f"--personas-url needs an admin's access token. Set {TOKEN_VARIABLE} or use "
            "--personas-admin-token TOKEN."
        )
    if config.pluginmanager.hasplugin("playwright"):
        from personas.testing import browser

        # here, so that its fixtures come after those of pytest-playwright
        config.pluginmanager.register(browser, "personas-browser")


@pytest.fixture(scope="session")
def _personas_catalog(pytestconfig: pytest.Config) -> "Catalog":
    from personas.testing.logins import load

    path = pytestconfig.getini("personas_catalog")
    return load(pytestconfig.rootpath / path if path else None)


@pytest.fixture(scope="session")
def _personas_service(
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    _personas_catalog: "Catalog",
) -> "Iterator[Service]":
    """The service for the tests of this worker."""
    if url := pytestconfig.getoption("personas_url"):
        from personas.testing.remote import remote

        # without workers, use the name that pytest-xdist itself uses: master
        worker = os.environ.get("PYTEST_XDIST_WORKER", "master")
        with remote(url, token=_token(pytestconfig), worker=worker) as service:
            yield service
    else:
        from personas.testing.local import local

        with local(tmp_path_factory.mktemp("personas"), _personas_catalog) as service:
            yield service


@pytest.fixture
def _personas(
    _personas_service: "Service", _personas_catalog: "Catalog"
) -> "Iterator[PersonaLogins]":
    """The logins of this test."""
    from personas.testing.logins import PersonaLogins

    with _personas_service.test():
        yield PersonaLogins(_personas_service, _personas_catalog.personas)


@pytest.fixture
def personas_app(request: pytest.FixtureRequest, _personas: "PersonaLogins") -> "Flask":
    """The service in process, with a new database that contains the seeded catalog.

    Skips the test if `--personas-url` is set.
    """
    if request.config.getoption("personas_url"):
        pytest.skip("personas_app needs the service in process; run without --personas-url")
    app: Flask = request.getfixturevalue("_personas_service").app
    return app


@pytest.fixture
def persona(_personas: "PersonaLogins") -> "Callable[[str], Person]":
    """Log in a persona of the catalog by name or e-mail: `persona("anna")`.

    Returns the same object for the same persona during a test.
    """
    return _personas.persona


@pytest.fixture
def any_persona(_personas: "PersonaLogins") -> "Callable[..., Person]":
    """Log in a persona of an archetype: `any_persona(archetype="solo-dev")`."""
    return _personas.any_persona


@pytest.fixture
def admin(_personas: "PersonaLogins") -> "Person":
    """A logged-in admin: a new account in process, or the account of the given token."""
    return _personas.service.admin()


@pytest.fixture
def persona_page() -> NoReturn:
    """A browser page of a logged-in persona: `persona_page("anna").goto("/me")`."""
    pytest.skip("persona_page needs pytest-playwright: pip install pytest-playwright")


def _token(config: pytest.Config) -> str:
    token = config.getoption("personas_admin_token") or os.environ.get(TOKEN_VARIABLE, "")
    return str(token).strip()
