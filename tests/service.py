"""A running service for the tests of commands."""

from dataclasses import dataclass
from typing import Any

from click.testing import Result
from flask import Flask

from personas.auth import service as auth
from personas.database.schema import ensure_schema
from personas.user.stamp import Stamp
from tests.people import PASSWORD


@dataclass(frozen=True)
class Service:
    """A running service and who may use it."""

    app: Flask
    url: str
    token: str


def register(app: Flask, email: str, stamp: Stamp) -> str:
    with app.app_context():
        ensure_schema()
        return auth.register(email, PASSWORD, stamp=stamp).access_token


def run(app: Flask, *args: object, to: Service | None = None, **options: Any) -> Result:
    """Run `flask personas …`, through a service if there is one."""
    remote = ["--auth", to.url, "--jwt", to.token] if to else []
    words = ["personas", *(str(arg) for arg in args), *remote]
    return app.test_cli_runner().invoke(args=words, **options)
