"""`flask personas storage-state`: what logs a browser in."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import click

from personas.auth.guard import COOKIE
from personas.auth.session import logout, open_session_for
from personas.auth.token import sign_cookie
from personas.cli.account import account, who
from personas.cli.group import Command
from personas.config.secrets import write_private
from personas.config.settings import Settings
from personas.state import current


@click.command(cls=Command, name="storage-state")
@who
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file, for its owner alone; standard output without it.",
)
def storage_state(who: str, output: Path | None) -> None:
    """Open a session and print what logs a browser of Playwright's in: its storageState."""
    session_id = open_session_for(account(who).email).session_id
    text = json.dumps(_state(session_id), indent=2)
    if output is None:
        click.echo(text)
        return
    try:
        write_private(output, f"{text}\n")
    except OSError as error:
        logout(session_id)  # nobody will ever use it
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None


def _state(session_id: str) -> dict[str, list[object]]:
    """The session's cookie as the service would set it at PERSONAS_URL
    (playwright.dev/docs/api/class-browsercontext, storageState)."""
    cookie = {
        "name": COOKIE,
        "value": sign_cookie(current(Settings), session_id),
        "domain": urlsplit(current(Settings).url).hostname,
        "path": "/",
        "expires": -1,  # the server ends it
        "httpOnly": True,
        "secure": current(Settings).is_production,
        "sameSite": "Lax",
    }
    return {"cookies": [cookie], "origins": []}
