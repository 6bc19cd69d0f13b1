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
from personas.seeding.store import Database, Place

if TYPE_CHECKING:
    from personas.client.client import Client

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
    """Add the options `--auth` and `--jwt`, the arguments of `target`."""
    return auth_option(jwt_option(command))


@contextmanager
def target(auth: str | None, jwt: str | None) -> Iterator[Place]:
    """Work on the local database or, during the block, on the service at `auth`.

    An error of the service is printed as one sentence, with exit code 1.
    """
    if auth is None:
        source = click.get_current_context().get_parameter_source("jwt")
        if source is ParameterSource.COMMANDLINE:  # the variable may be set for other commands
            raise _usage("--jwt requires --auth URL.")
        yield Database(CLI)
        return
    from personas.client.transport import ClientError
    from personas.seeding.http_store import Remote, sentence  # httpx: 100 ms that few commands need

    try:
        with _client(auth, _token(jwt)) as client:
            if client.is_in_clear_text:
                click.echo(f"warning: the token is sent in clear text to {client.url}", err=True)
            with _exit_on_sigterm(), closing(Remote(client)) as place:
                yield place
    except ClientError as error:
        raise click.ClickException(sentence(error)) from None


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


def _client(url: str, token: str) -> "Client":
    from personas.client.client import Client  # imports httpx: see `target`

    try:
        return Client(url, token=token)
    except ValueError as error:
        raise _usage(f"--auth {error}.") from None


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
