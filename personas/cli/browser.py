"""`flask personas storage-state`: the Playwright storage state of a logged-in account."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import click

from personas.auth.guard import COOKIE
from personas.auth.session import logout, open_session_for
from personas.auth.token import sign_cookie
from personas.cli.account import account_argument, find_account
from personas.cli.group import DatabaseCommand
from personas.config.secrets import write_private
from personas.config.settings import Settings
from personas.state import current


@click.command(cls=DatabaseCommand, name="storage-state")
@account_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, readable only by its owner, instead of stdout.",
)
def storage_state(email_or_name: str, output: Path | None) -> None:
    """Open a session and print it as Playwright storage state.

    A browser context created with this storageState is logged in.
    """
    session_id = open_session_for(find_account(email_or_name).email).session_id
    text = json.dumps(_state(session_id), indent=2)
    if output is None:
        click.echo(text)
        return
    try:
        write_private(output, f"{text}\n")
    except OSError as error:
        logout(session_id)  # nobody can use it
        raise click.ClickException(f"Cannot write {output}: {error.strerror}") from None


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
