"""The options `--auth` and `--jwt`: run a command over HTTP through a running service."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from personas.audit.service import CLI
from personas.client.errors import ClientError
from personas.seeding.database_store import DatabaseStore
from personas.seeding.store import Store

if TYPE_CHECKING:
    from personas.client.accounts import Session

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE = "PERSONAS_ADMIN_JWT"

auth_option = click.option(
    "--auth", metavar="URL", help="Use the service at URL over HTTP instead of the database."
)
jwt_option = click.option(
    "--jwt",
    metavar="TOKEN",
    envvar=VARIABLE,
    show_envvar=True,
    help="An admin's access token for that service; - reads it from standard input. Other users "
    "of this machine can see arguments, so prefer - or the environment variable.",
)


def auth_options(command: F) -> F:
    """Add the options `--auth` and `--jwt`, the arguments of `open_store`."""
    return auth_option(jwt_option(command))


@contextmanager
def open_store(auth: str | None, jwt: str | None) -> Iterator[Store]:
    """The database or, during the block, the service at `auth`. Raises UsageError."""
    if auth is None:
        source = click.get_current_context().get_parameter_source("jwt")
        if source is ParameterSource.COMMANDLINE:  # the variable may be set for other commands
            raise _usage("--jwt requires --auth URL.")
        yield DatabaseStore(CLI)
        return
    from personas.seeding.http_store import HttpStore  # httpx: 100 ms that few commands need

    with _session(auth, _token(jwt)) as session:
        if session.is_in_clear_text:
            click.echo(f"warning: the token is sent in clear text to {session.url}", err=True)
        with _exit_on_sigterm(), closing(HttpStore(session)) as store:
            yield store


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Let SIGTERM (from a cancelled CI job) end the block like Ctrl-C: sessions are closed."""
    if threading.current_thread() is not threading.main_thread():  # cannot set signal handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _session(url: str, token: str) -> "Session":
    from personas.client.accounts import Session  # imports httpx: see `open_store`

    try:
        return Session(url, token=token)
    except ValueError as error:
        raise _usage(f"--auth {error}.") from None
    except ClientError as error:  # the environment's proxy or certificates
        raise click.ClickException(str(error)) from None


def _token(jwt: str | None) -> str:
    """The token; `-` reads one line of standard input, so the next line can answer a prompt."""
    token = (sys.stdin.readline() if jwt == "-" else jwt or "").strip()
    if not token:
        raise _usage(
            f"--auth needs an admin's access token. Set {VARIABLE}, use --jwt - to read it from "
            "standard input, or use --jwt TOKEN."
        )
    return token


def _usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())
