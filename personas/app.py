"""The application factory."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from personas.auth.guard import needs_database
from personas.auth.limit import Limits
from personas.auth.mail import Outbox
from personas.blueprint import blueprint
from personas.config.settings import (
    ConfigError,
    Environment,
    Settings,
    environ,
    environment_of,
    load,
    unknown_names,
)
from personas.database import engine
from personas.database.schema import SchemaProgress, describe_database, ensure_schema
from personas.http import headers, problems
from personas.http.fields import NIL_ID, UUID
from personas.openapi.docs import Document
from personas.ops import logs, metrics
from personas.ops.metrics import Metrics
from personas.state import EXTENSION, State, current, state_of
from personas.user.password import Passwords
from personas.web.blueprint import web
from personas.web.errors import write_error


class IdConverter(BaseConverter):
    """An id in a path. A malformed id becomes the nil UUID, which no row has: the guard runs first,
    then the answer is 404."""

    def to_python(self, value: str) -> str:
        return value if UUID.fullmatch(value) else NIL_ID


def create_app(
    environment: Environment | None = None,
    *,
    values: Mapping[str, str] | None = None,
    instance_path: str | None = None,
    prefix: str = "",
) -> Flask:
    """Create the service. Reads the settings, writes nothing and opens no database; only under
    `flask run` it also makes the schema current, so that a database problem stops the start.

    `values` replace the process environment and `.env`; `prefix` is the path at which `Personas`
    mounts the service in another application. Raises ConfigError, which names every problem in
    the settings.
    """
    app = _create_flask(instance_path)
    values = environ() if values is None else values
    settings = load(
        values,
        environment=environment or environment_of(values),
        instance=Path(app.instance_path),
        prefix=prefix,
    )
    passwords = Passwords(cheap=settings.environment == "test")
    app.extensions[EXTENSION] = State(settings, passwords, SchemaProgress(), Document())
    reset_in_memory_state(app)
    logs.init_app(app, settings)
    headers.init_app(app, settings)
    metrics.init_app(app)
    for name in unknown_names(values):
        app.logger.warning("unknown setting %s", name)

    engine.init_app(app, url=settings.database_url)
    app.register_blueprint(blueprint)
    app.register_blueprint(web)
    problems.register_error_handlers(app, write_error)
    app.before_request(_prepare)
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    if _is_run_command():
        with app.app_context():
            _prepare_to_run()
    return app


def _create_flask(instance_path: str | None) -> Flask:
    app = Flask("personas", instance_path=instance_path, static_folder=None)
    app.url_map.converters["id"] = IdConverter
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # responses keep the contract's order
    return app


def reset_in_memory_state(app: Flask) -> None:
    """Reset what `app` keeps in memory: rate limits, mail to send, metrics.

    Everything else is in its database.
    """
    settings = state_of(app)[Settings]
    state_of(app).put(Limits(settings), Outbox(settings), Metrics())


def _prepare() -> None:
    """Make the schema current before the first request. Routes that need no database, and unknown
    routes, are answered even if this fails (contract, section 6)."""
    try:
        ensure_schema()
    except (ConfigError, SQLAlchemyError):
        if request.routing_exception is None and needs_database():
            raise


def _prepare_to_run() -> None:
    """Raises ConfigError, so that `flask run` stops with one sentence."""
    try:
        ensure_schema()
        _warn_about_port()
        _ = current(Settings).service_keys  # create the key now: a runner reads it from the folder
        click.echo(f" * {describe_database()}, {current(Settings).environment}", err=True)
    except SQLAlchemyError as error:
        raise ConfigError(problems.problem_of(error).sentence) from None


def _warn_about_port() -> None:
    """Tokens have `PERSONAS_URL` as their issuer: this server refuses a token that a command issued
    for another address."""
    port = click.get_current_context().params.get("port")
    url = urlsplit(current(Settings).url)
    if port is not None and url.hostname == "localhost" and url.port != port:
        ours = url._replace(netloc=f"localhost:{port}").geturl()
        click.echo(
            f" * PERSONAS_URL is {url.geturl()}, but this server runs on port {port}. Set "
            f"PERSONAS_URL={ours} for the server and for all commands; otherwise the server "
            "refuses tokens from commands.",
            err=True,
        )


def _is_run_command() -> bool:
    """Whether `flask run` creates the application: a database problem must stop it at once, but not
    other commands, such as `--help`."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "run"
