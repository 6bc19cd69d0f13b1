"""A host application with the service mounted, on real files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas import Personas
from personas.auth import service as auth
from personas.database.schema import ensure_schema
from personas.testing.fresh_app import close, fresh_app, write_fast
from personas.user.stamp import Stamp
from tests.mount import host as hosts
from tests.people import PASSWORD, Account, account_of

CreateHost = Callable[..., Flask]


@pytest.fixture
def make_host(instance: Path) -> Iterator[CreateHost]:
    """Create a host with the service mounted: `make_host(url_prefix="/x")`. Its instance folder
    holds a migrated database, unless `folder` names another one."""
    created = []

    def make(folder: Path | None = None, **options: Any) -> Flask:
        host = hosts.create_host(folder or instance)
        created.append(host)
        arguments: Any = {"environment": "test", "values": {}} | options
        Personas(host, **arguments)
        with host.app_context():
            hosts.db.create_all()
        return host

    yield make
    for host in created:
        with host.app_context():
            hosts.db.engine.dispose()
        if "personas" in host.extensions:
            close(host.extensions["personas"])


@pytest.fixture(scope="session")
def shared_host(instance_path: Path) -> Flask:
    host = hosts.create_host(instance_path)
    instance_path.rmdir()  # Flask-SQLAlchemy created it; each test does
    Personas(host, environment="test", values={})
    write_fast(host.extensions["personas"])
    return host


@pytest.fixture
def host(shared_host: Flask, instance: Path) -> Iterator[Flask]:  # noqa: ARG001  its file
    """The host with default options: one a worker, which no test alters."""
    with fresh_app(shared_host.extensions["personas"]):
        with shared_host.app_context():
            hosts.db.create_all()
        yield shared_host
        with shared_host.app_context():
            hosts.db.engine.dispose()
        shared_host.config["REQUESTS"].clear()


@pytest.fixture
def visitor(host: Flask) -> FlaskClient:
    """A client without cookies: each test sends its own credentials."""
    return host.test_client(use_cookies=False)


@pytest.fixture
def register(host: Flask) -> Callable[..., Account]:
    """Register an account in the mounted service: `register("ann@example.org", Stamp(…))`."""
    return lambda email="ann@example.org", stamp=None: register_at(host, email, stamp or Stamp())


def register_at(host: Flask, email: str, stamp: Stamp) -> Account:
    service = host.extensions["personas"]
    with service.app_context():
        ensure_schema()
        return account_of(service, auth.register(email, PASSWORD, stamp=stamp))
