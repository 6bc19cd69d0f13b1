"""Fixtures that all tests share: an application on a real SQLite file of its own, and people."""

import gc
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from hypothesis import settings

from personas import create_app
from personas.audit.service import CLI
from personas.auth import service as auth
from personas.auth.session import login
from personas.client import transport
from personas.config.settings import Settings
from personas.database import clock
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.persona.put import put
from personas.state import state_of
from personas.testing.fresh_app import close, fresh_app, write_fast
from personas.user.password import Passwords
from personas.user.stamp import ADMIN, HUMAN, Stamp
from tests.account_cache import AccountCache
from tests.people import PASSWORD, Account, Clock, account_of, persona

pytest_plugins = ["tests.databases"]
# deadline=None: a busy machine is no finding
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, max_examples=400)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick")
)

CreateApp = Callable[..., Flask]


def pytest_collection_finish() -> None:
    """Spare the garbage collector everything that was imported: it takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick suite uses SQLite alone; whatever needs a PostgreSQL server is slow."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "postgresql" in parameters or "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file and its secrets, copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    app = create_app("test", values={}, instance_path=str(folder))
    with app.app_context():
        ensure_schema()
        settings = state_of(app)[Settings]
        _ = settings.jwt_private_key, settings.secret_key, settings.service_keys
        db.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def instance_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the instance folder of each test of this worker is."""
    return tmp_path_factory.mktemp("worker") / "instance"


@pytest.fixture
def instance(template: Path, instance_path: Path) -> Iterator[Path]:
    """The instance folder of the current test."""
    yield shutil.copytree(template, instance_path)
    shutil.rmtree(instance_path)


@pytest.fixture
def make_app(instance: Path) -> Iterator[CreateApp]:
    """Make an application on the test's database; settings as keywords without their prefix:
    `make_app(url="https://…")`. A database URL of its own comes as `database_url`."""
    apps = []

    def make(environment: str = "test", **settings: str) -> Flask:
        apps.append(_create(instance, environment, settings))
        return apps[-1]

    yield make
    for app in apps:
        close(app)


def _create(instance: Path, environment: str, settings: Mapping[str, str]) -> Flask:
    values = {f"PERSONAS_{name.upper()}": value for name, value in settings.items()}
    if seed_secret := values.pop("PERSONAS_SEED_SECRET", None):
        values["PERSONA_SEED_SECRET"] = seed_secret
    app = create_app(environment, values=values, instance_path=str(instance))  # type: ignore[arg-type]
    app.testing = True
    write_fast(app)
    return app


@pytest.fixture(scope="session")
def create_shared_app(instance_path: Path) -> CreateApp:
    """Create an application that many tests use one after the other, each within `fresh_app`."""
    return lambda **settings: _create(instance_path, "test", settings)


@pytest.fixture(scope="session")
def shared_app(create_shared_app: CreateApp) -> CreateApp:
    """An application that many tests use one after the other, each within `fresh_app`: one a worker
    for the same settings."""

    return cache(create_shared_app)


@pytest.fixture
def default_app(shared_app: CreateApp, instance: Path) -> Iterator[Flask]:  # noqa: ARG001  its file
    """The application with default settings. A test that alters one (its routes, the listeners of
    its engine) makes one of its own with `make_app()`."""
    with fresh_app(shared_app()) as app:
        yield app


@pytest.fixture
def app(default_app: Flask) -> Flask:
    return default_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Without cookies of its own: a test says who speaks."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def app_ctx(app: Flask) -> Iterator[None]:
    """For tests of services: an application context with its schema."""
    with app.app_context():
        ensure_schema()
        yield


@pytest.fixture(scope="session")
def account_cache(shared_app: CreateApp) -> AccountCache:
    return AccountCache(shared_app())


@pytest.fixture
def create_user(app: Flask, account_cache: AccountCache) -> Callable[..., Account]:
    """Create an account: `create_user("ann@example.org", stamp=ADMIN)`."""

    def create(
        email: str = "ann@example.org", *, password: str = PASSWORD, stamp: Stamp = HUMAN
    ) -> Account:
        def register() -> Account:
            with app.app_context():
                ensure_schema()
                return account_of(app, auth.register(email, password, stamp=stamp))

        return account_cache.create(app, (email, password, stamp), register)

    return create


@pytest.fixture
def ann(create_user: Callable[..., Account]) -> Account:
    """A human."""
    return create_user("ann@example.org")


@pytest.fixture
def admin(create_user: Callable[..., Account]) -> Account:
    return create_user("admin@example.org", stamp=ADMIN)


@pytest.fixture
def as_runner(app: Flask) -> dict[str, str]:
    """The headers of the runner that plays personas."""
    return {"X-Service-Key": state_of(app)[Settings].service_keys[0]}


@pytest.fixture
def create_persona(app: Flask, account_cache: AccountCache) -> Callable[..., Account]:
    """Create a persona and log it in: `create_persona("persona.bob@mana.test", name="Bob")`."""

    def create(
        email: str = "persona.bob@mana.test", *, password: str = PASSWORD, **description: Any
    ) -> Account:
        def put_and_log_in() -> Account:
            with app.app_context():
                ensure_schema()
                put(email, password, persona(**description), actor=CLI)
                return account_of(app, login(email, password))

        return account_cache.create(app, (email, password, repr(description)), put_and_log_in)

    return create


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stops the service's clock at the hour this test began; made before any account."""
    stopped = Clock(datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    monkeypatch.setattr(clock, "now", lambda: stopped.at)
    return stopped


@pytest.fixture(autouse=True)
def no_hash_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash takes 40 ms of a core: the context at work may have no transaction open."""
    for name in ("hash", "verify"):
        monkeypatch.setattr(Passwords, name, _outside_transactions(getattr(Passwords, name)))


def _outside_transactions(method: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: Passwords, *args: Any, **kwargs: Any) -> Any:
        assert not db.session.registry.has() or not db.session().in_transaction(), (
            "a password is hashed while a transaction is open"
        )
        return method(self, *args, **kwargs)

    return checked


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client tries again almost at once: nobody else needs the time."""
    monkeypatch.setattr(transport, "PAUSE", 0.01)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine may be spoken to."""
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "unix"
        assert host in ("127.0.0.1", "::1", "localhost", "unix"), f"a test speaks to {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)
