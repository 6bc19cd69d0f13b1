"""A running service for the tests of commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask

from personas import create_app
from personas.auth import service as auth
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.user.stamp import ADMIN, Stamp
from tests.people import PASSWORD
from tests.server import serve


@dataclass(frozen=True)
class Service:
    """A running service and who may use it."""

    app: Flask
    url: str
    token: str


@contextmanager
def start(instance: Path) -> Iterator[Service]:
    """A service with this instance folder, and so a database, of its own."""
    app = create_app("test", values={}, instance_path=str(instance))
    token = register(app, "admin@example.org", ADMIN)
    with serve(app) as url:
        yield Service(app, url, token)
    with app.app_context():
        db.engine.dispose()


def register(app: Flask, email: str, stamp: Stamp) -> str:
    with app.app_context():
        ensure_schema()
        return auth.register(email, PASSWORD, stamp=stamp).access_token


def run(app: Flask, *args: object, to: Service | None = None, **options: Any) -> Result:
    """Run `flask personas …`, through a service if there is one."""
    remote = ["--auth", to.url, "--jwt", to.token] if to else []
    words = ["personas", *(str(arg) for arg in args), *remote]
    return app.test_cli_runner().invoke(args=words, **options)
