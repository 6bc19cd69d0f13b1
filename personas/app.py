"""The application factory."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from personas import config, db, errors, headers, log, metrics
from personas.auth.guard import needs_database
from personas.auth.limit import Limits
from personas.auth.mail import Outbox
from personas.blueprint import blueprint
from personas.config import ConfigError, Environment
from personas.fields import NIL_ID, UUID
from personas.migrate import describe, ensure_schema
from personas.user.password import Passwords


class IdConverter(BaseConverter):
    """An id in a path. A malformed one is nobody's: not found, but only after the guard."""

    def to_python(self, value: str) -> str:
        return value if UUID.fullmatch(value) else NIL_ID


def create_app(
    environment: Environment | None = None,
    *,
    values: Mapping[str, str] | None = None,
    instance_path: str | None = None,
    prefix: str = "",
) -> Flask:
    """Make the service. Reads the settings, writes nothing, opens no database; under `flask run`
    it also brings the schema up, so that a bad database stops the start.

    `values` replace the process environment and `.env`; `prefix` is the path at which another
    application mounts it, which `Personas` does. Raises ConfigError, which names all
    that is wrong with the settings.
    """
    app = Flask("personas", instance_path=instance_path, static_folder=None)
    app.url_map.converters["id"] = IdConverter
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # answers keep the contract's order
    values = config.environ() if values is None else values
    settings = config.load(
        values,
        environment=environment or config.environment_of(values),
        instance=Path(app.instance_path),
        prefix=prefix,
    )
    app.extensions["personas_settings"] = settings
    app.extensions["personas_passwords"] = Passwords(cheap=settings.environment == "test")
    start_afresh(app)
    log.init_app(app, settings)
    headers.init_app(app, settings)
    metrics.init_app(app)
    for name in config.unknown_names(values):
        app.logger.warning("unknown setting %s", name)

    db.init_app(app, url=settings.database_url)
    app.register_blueprint(blueprint)
    errors.register_error_handlers(app)
    app.before_request(_prepare)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    if _is_run_command():
        with app.app_context():
            _prepare_to_run()
    return app


def start_afresh(app: Flask) -> None:
    """Give `app` anew what it keeps in memory: who has tried how often, mail to be sent, numbers.

    The rest it keeps in its database.
    """
    settings = app.extensions["personas_settings"]
    app.extensions["personas_limits"] = Limits(settings)
    app.extensions["personas_outbox"] = Outbox(settings)
    app.extensions.pop("personas_metrics", None)


def _prepare() -> None:
    """Bring the schema up before the first answer. What needs no database does not hang on it,
    nor does "no such route" (contract, section 6)."""
    try:
        ensure_schema()
    except (ConfigError, SQLAlchemyError):
        if request.routing_exception is None and needs_database():
            raise


def _prepare_to_run() -> None:
    """Raises ConfigError, so that `flask run` stops with a sentence."""
    try:
        ensure_schema()
        _warn_of_another_port()
        _ = config.settings().service_keys  # made now, so that a runner finds it in the folder
        click.echo(f" * {describe()}, {config.settings().environment}", err=True)
    except SQLAlchemyError as error:
        raise ConfigError(errors.problem_of(error).sentence) from None


def _warn_of_another_port() -> None:
    """Tokens name `PERSONAS_URL` as their issuer: one issued by a command for another address is
    not taken here."""
    port = click.get_current_context().params.get("port")
    url = urlsplit(config.settings().url)
    if port is not None and url.hostname == "localhost" and url.port != port:
        ours = url._replace(netloc=f"localhost:{port}").geturl()
        click.echo(
            f" * PERSONAS_URL is {url.geturl()}. Set it to {ours} for this and all commands, "
            "or their tokens are refused.",
            err=True,
        )


def _is_run_command() -> bool:
    """Whether `flask run` is making the application: it stops at once where the database is not
    right, while other commands may only want to be helped."""
    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "run"
