"""The options `--auth` and `--jwt`: the same command through a running service."""

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
    "--auth", metavar="URL", help="Work over HTTP, through the service at this address."
)
jwt_option = click.option(
    "--jwt",
    metavar="TOKEN",
    envvar=VARIABLE,
    show_envvar=True,
    help="An admin's access token there. Everybody on this machine can read an argument: "
    "prefer - (read it from standard input) or the variable.",
)


def auth_options(command: F) -> F:
    """The options `--auth` and `--jwt`, which `target` takes."""
    return auth_option(jwt_option(command))


@contextmanager
def target(auth: str | None, jwt: str | None) -> Iterator[Place]:
    """The database at hand, or the service at `auth` as long as the block lasts.

    What goes wrong with the service inside becomes one sentence and exit 1.
    """
    if auth is None:
        source = click.get_current_context().get_parameter_source("jwt")
        if source is ParameterSource.COMMANDLINE:  # the variable may stand there for another day
            raise _usage("--jwt is for --auth URL.")
        yield Database(CLI)
        return
    from personas.client.transport import ClientError
    from personas.seeding.http_store import Remote, sentence  # httpx: 100 ms that few commands need

    try:
        with _client(auth, _token(jwt)) as client:
            if client.is_in_clear_text:
                click.echo(f"warning: the token travels in clear text to {client.url}", err=True)
            with _terminated_as_interrupted(), closing(Remote(client)) as place:
                yield place
    except ClientError as error:
        raise click.ClickException(sentence(error)) from None


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM (a CI that cancels) ends the block as Ctrl-C would: sessions are closed."""
    if threading.current_thread() is not threading.main_thread():  # signals are not its business
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _client(url: str, token: str) -> "Client":
    from personas.client.client import Client  # httpx again

    try:
        return Client(url, token=token)
    except ValueError as error:
        raise _usage(f"--auth {error}.") from None


def _token(jwt: str | None) -> str:
    """One line of standard input for `-`, so that a question may be answered from the next."""
    token = (sys.stdin.readline() if jwt == "-" else jwt or "").strip()
    if not token:
        raise _usage(
            f"--auth takes an admin's token: in {VARIABLE}, on standard input (--jwt -), "
            "or as --jwt TOKEN."
        )
    return token


def _usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())
