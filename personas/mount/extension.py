"""Mount the service in a host application: a WSGI dispatcher sends it the requests below a prefix.

Both stay separate Flask applications.
"""

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
from personas.state import EXTENSION, state_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


class Personas:
    """The service as a Flask extension: `Personas(app)`, or `init_app(app)` later. One extension
    can be mounted in several hosts; one host has one service."""

    def __init__(
        self,
        app: Flask | None = None,
        *,
        url_prefix: str = "/personas",
        environment: Environment | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        """`url_prefix` is the path of the service; `environment` and `values` are as in
        `create_app`. A test suite passes `environment="test", values={}`.

        Raises ValueError for an invalid prefix, and the errors of `init_app`.
        """
        if not PREFIX.fullmatch(url_prefix):
            raise ValueError(
                f"url_prefix={url_prefix!r} must be a path like /personas, without a trailing slash"
            )
        self._prefix = url_prefix
        self._environment = environment
        self._values = values
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Mount the service in `app`. Like `create_app`, it does not open the database yet.

        Raises RuntimeError if `app` already uses the name `personas`, and ConfigError if the
        service cannot start with its settings. In both cases `app` is unchanged.
        """
        if EXTENSION in app.extensions:
            raise RuntimeError("personas is already mounted in this application")
        if "personas" in app.cli.commands:
            raise RuntimeError(
                "this application already has a command `flask personas`; rename that command"
            )
        service = create_app(
            self._environment,
            values=self._values,
            instance_path=app.instance_path,
            prefix=self._prefix,
        )
        if not state_of(service)[Settings].url.endswith(self._prefix):
            service.logger.warning(
                "PERSONAS_URL must end with %s, or links in mail are wrong", self._prefix
            )
        app.extensions[EXTENSION] = service
        app.cli.add_command(commands)
        app.wsgi_app = PrefixDispatcher(app.wsgi_app, service, self._prefix)  # type: ignore[method-assign]


class PrefixDispatcher:
    """Sends requests below the prefix to the service, and all others to the host."""

    def __init__(self, host: "WSGIApplication", service: Flask, prefix: str) -> None:
        self._host = host
        self._service = service
        self._prefix = prefix
        self._is_prepared = False
        self._lock = Lock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if not self._is_prepared:
            self._prepare()
        path = environ.get("PATH_INFO", "")
        if path != self._prefix and not path.startswith(f"{self._prefix}/"):
            return self._host(environ, start_response)
        # a copy: middleware around the host may read its own environ again afterwards
        service_environ = dict(environ)
        service_environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._prefix
        service_environ["PATH_INFO"] = path.removeprefix(self._prefix)
        return self._service(service_environ, start_response)

    def _prepare(self) -> None:
        """Make the schema current before the first request of this process, to the host or to the
        service. If that fails, the host still answers; the service retries at its own requests."""
        with self._lock:
            if self._is_prepared:
                return
            try:
                with self._service.app_context():
                    ensure_schema()
            except (ConfigError, SQLAlchemyError) as error:
                self._service.logger.error("not ready: %s", getattr(error, "orig", error))
            self._is_prepared = True
