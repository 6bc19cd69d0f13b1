"""Mounted in another application: ours stays an application of its own, behind the host's door."""

import re
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from personas.app import create_app
from personas.cli import personas as commands
from personas.config.settings import ConfigError, Environment, Settings
from personas.database.schema import ensure_schema
from personas.state import state_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


class Personas:
    """The service as a Flask extension: `Personas(app)`, or `init_app(app)` later. One extension
    may serve several hosts; one host holds one service."""

    def __init__(
        self,
        app: Flask | None = None,
        *,
        url_prefix: str = "/personas",
        environment: Environment | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """`url_prefix` is where the service is found; `environment` and `values` are as in
        `create_app`, and a test-suite says `environment="test", values={}`.

        Raises ValueError for a prefix that is none, and what `init_app` raises.
        """
        if not PREFIX.fullmatch(url_prefix):
            raise ValueError(
                f"url_prefix={url_prefix!r}: it takes a path like /personas, no / at its end"
            )
        self._prefix = url_prefix
        self._environment = environment
        self._values = values
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Mount the service in `app`. Like `create_app` it opens no database yet.

        Raises RuntimeError where the name `personas` is taken in `app`, ConfigError for settings
        that do not let the service start: then nothing of `app` has changed.
        """
        if "personas" in app.extensions:
            raise RuntimeError("personas is mounted in this application already")
        if "personas" in app.cli.commands:
            raise RuntimeError("this application has a command `flask personas` of its own")
        service = create_app(
            self._environment,
            values=self._values,
            instance_path=app.instance_path,
            prefix=self._prefix,
        )
        if not state_of(service)[Settings].url.endswith(self._prefix):
            service.logger.warning(
                "PERSONAS_URL lacks %s: mailed links lead elsewhere", self._prefix
            )
        app.extensions["personas"] = service
        app.cli.add_command(commands)
        app.wsgi_app = Door(app.wsgi_app, service, self._prefix)  # type: ignore[method-assign]


class Door:
    """Sends what is asked for below the prefix to the service, and all else to the host."""

    def __init__(self, host: "WSGIApplication", service: Flask, prefix: str) -> None:
        self._host = host
        self._service = service
        self._prefix = prefix
        self._was_opened = False
        self._opening = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if not self._was_opened:
            self._open()
        path = environ.get("PATH_INFO", "")
        if path != self._prefix and not path.startswith(f"{self._prefix}/"):
            return self._host(environ, start_response)
        # a copy: what stands outside of the host may look at its own environ once more
        below = dict(environ)
        below["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._prefix
        below["PATH_INFO"] = path.removeprefix(self._prefix)
        return self._service(below, start_response)

    def _open(self) -> None:
        """Bring the schema up before this process answers its first request, whoever is asked.
        Where that fails the host goes on; the service tries again when it is asked itself."""
        with self._opening:
            if self._was_opened:
                return
            try:
                with self._service.app_context():
                    ensure_schema()
            except (ConfigError, SQLAlchemyError) as error:
                self._service.logger.error("not ready: %s", getattr(error, "orig", error))
            self._was_opened = True
