"""The commands about one account: show, password, token, create-admin."""

import sys

import click
import marshmallow as ma

from personas.activity import count
from personas.audit.service import CLI
from personas.auth import service as auth
from personas.auth.schemas import Registration
from personas.auth.session import open_session_for
from personas.cli.group import Command, as_json, print_json
from personas.config.settings import Settings
from personas.http.problems import Invalid
from personas.http.validation import flat
from personas.persona import derived
from personas.persona import service as persona_service
from personas.persona.schemas import PersonaDetail
from personas.space import service as space_service
from personas.space.schemas import SpaceSchema
from personas.state import current
from personas.user import service as users
from personas.user.email import canonical, domain
from personas.user.models import User
from personas.user.schemas import UserSchema
from personas.user.stamp import ADMIN

who = click.argument("who", metavar="EMAIL-OR-NAME")


@click.command(cls=Command)
@who
@as_json
def show(who: str, as_json: bool) -> None:
    """Show an account by e-mail, or a persona by name."""
    user = account(who)
    shown = UserSchema().dump(user)
    if user.kind == "persona":
        shown |= PersonaDetail(exclude=("user_id",)).dump(
            count.one_with_actions7d(persona_service.get(user.id))
        )
    spaces = SpaceSchema(many=True).dump(space_service.of(user.id))
    if as_json:
        print_json(shown | {"spaces": spaces})
        return
    width = max(len(key) for key in shown)
    for key, value in shown.items():
        click.echo(f"{key:<{width}}  {'-' if value is None else value}")
    for space in spaces:
        kind, role = space["metadata"]["type"], space["role"]
        click.echo(f"{'space':<{width}}  {space['slug']} ({kind}, {role})")


@click.command(cls=Command)
@who
def password(who: str) -> None:
    """Print the derived password of a persona, alone on stdout.

    An address on a persona domain needs no account yet.
    """
    email = _email(who)
    user = users.find(email) if email else account(who)
    if user and user.kind != "persona":
        raise click.ClickException(f"{user.email} is not a persona; its password is its own.")
    address = user.email if user else str(email)
    if not user and domain(address) not in current(Settings).email_domains:
        raise click.ClickException(f"{address} is neither a persona nor on a persona domain.")
    click.echo(derived.password(current(Settings).seed_secret, address))


@click.command(cls=Command)
@who
def token(who: str) -> None:
    """Open a session and print its access token, alone on stdout. It is good for 15 minutes."""
    click.echo(open_session_for(account(who).email).access_token)


@click.command(cls=Command, name="create-admin")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(email: str, password_stdin: bool) -> None:
    """Make an admin account. Asks for its password."""
    address = _email(email)
    if address is None:
        raise click.ClickException(f"{email!r} is not a valid e-mail address.")
    if users.find(address):
        raise click.ClickException(f"{address} is taken already; nothing was changed.")
    given = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    try:
        registration = Registration().load({"email": email, "password": given})
    except ma.ValidationError as error:
        raise Invalid(flat(error)) from None
    user = auth.register(**registration, stamp=ADMIN, actor=CLI).user
    click.echo(f"{user.email} is an admin now.")


def account(who: str) -> User:
    """The account with this e-mail, or the one persona of this name."""
    if email := _email(who):
        user = users.find(email)
        if user is None:
            raise click.ClickException(f"There is no account {email}.")
        return user
    found = users.find_by_name(who, kind="persona")
    if not found:
        raise click.ClickException(
            f"There is no persona named {who}. `flask personas list` shows all, "
            "`flask personas seed` makes those of the catalog."
        )
    if len(found) > 1:
        emails = "".join(f"\n  {user.email}" for user in found)
        raise click.ClickException(f"Several personas are named {who}. Name one by e-mail:{emails}")
    return found[0]


def _email(who: str) -> str | None:
    """The canonical form of an e-mail, None for what is a name."""
    if "@" not in who:
        return None
    try:
        return canonical(who)
    except ValueError:
        raise click.ClickException(f"{who!r} is not a valid e-mail address.") from None
