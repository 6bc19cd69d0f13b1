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
from personas.testing.fresh_app import close
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


@pytest.fixture
def host(make_host: CreateHost) -> Flask:
    return make_host()


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
