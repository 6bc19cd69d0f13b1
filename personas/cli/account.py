"""Commands for one account: show, password, token, create-admin."""

import sys

import click
import marshmallow as ma

from personas.activity import count
from personas.audit.service import CLI
from personas.auth import service as auth
from personas.auth.schemas import Registration
from personas.auth.session import open_session_for
from personas.cli.group import DatabaseCommand, json_option, print_json
from personas.config.settings import Settings
from personas.http.problems import Invalid
from personas.http.validation import messages_by_path
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

account_argument = click.argument("email_or_name", metavar="EMAIL-OR-NAME")


@click.command(cls=DatabaseCommand)
@account_argument
@json_option
def show(email_or_name: str, as_json: bool) -> None:
    """Show an account by e-mail, or a persona by name."""
    user = find_account(email_or_name)
    fields = UserSchema().dump(user)
    if user.kind == "persona":
        fields |= PersonaDetail(exclude=("user_id",)).dump(
            count.one_with_actions7d(persona_service.get(user.id))
        )
    spaces = SpaceSchema(many=True).dump(space_service.of(user.id))
    if as_json:
        print_json(fields | {"spaces": spaces})
        return
    width = max(len(key) for key in fields)
    for key, value in fields.items():
        click.echo(f"{key:<{width}}  {'-' if value is None else value}")
    for space in spaces:
        kind, role = space["metadata"]["type"], space["role"]
        click.echo(f"{'space':<{width}}  {space['slug']} ({kind}, {role})")


@click.command(cls=DatabaseCommand)
@account_argument
def password(email_or_name: str) -> None:
    """Print the derived password of a persona.

    Prints only the password on stdout. For an e-mail in one of the PERSONAS_EMAIL_DOMAINS, the
    account need not exist yet.
    """
    email = _email(email_or_name)
    user = users.find(email) if email else find_account(email_or_name)
    if user and user.kind != "persona":
        raise click.ClickException(f"{user.email} is not a persona, so it has no derived password.")
    address = user.email if user else str(email)
    if not user and domain(address) not in current(Settings).email_domains:
        raise click.ClickException(
            f"{address} is not a persona, and its domain is not in PERSONAS_EMAIL_DOMAINS."
        )
    click.echo(derived.password(current(Settings).seed_secret, address))


@click.command(cls=DatabaseCommand)
@account_argument
def token(email_or_name: str) -> None:
    """Open a session and print its access token.

    Prints only the token on stdout. It is valid for 15 minutes.
    """
    click.echo(open_session_for(find_account(email_or_name).email).access_token)


@click.command(cls=DatabaseCommand, name="create-admin")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(email: str, password_stdin: bool) -> None:
    """Create an admin account.

    Prompts for the password, unless you use --password-stdin.
    """
    address = _email(email)
    if address is None:
        raise click.ClickException(f"{email!r} is not a valid e-mail address.")
    if users.find(address):
        raise click.ClickException(f"An account {address} already exists. Nothing was changed.")
    new_password = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    try:
        registration = Registration().load({"email": email, "password": new_password})
    except ma.ValidationError as error:
        raise Invalid(messages_by_path(error)) from None
    user = auth.register(**registration, stamp=ADMIN, actor=CLI).user
    click.echo(f"{user.email} is an admin now.")


def find_account(email_or_name: str) -> User:
    """The account with this e-mail, or the only persona with this name."""
    if email := _email(email_or_name):
        user = users.find(email)
        if user is None:
            raise click.ClickException(f"There is no account {email}.")
        return user
    personas = users.find_by_name(email_or_name, kind="persona")
    if not personas:
        raise click.ClickException(
            f"There is no persona named {email_or_name}. Run `flask personas list` to see all "
            "personas, or `flask personas seed` to create those of the catalog."
        )
    if len(personas) > 1:
        emails = "".join(f"\n  {user.email}" for user in personas)
        raise click.ClickException(
            f"Several personas are named {email_or_name}. Use one of these e-mails:{emails}"
        )
    return personas[0]


def _email(text: str) -> str | None:
    """The canonical form of an e-mail; None for a name."""
    if "@" not in text:
        return None
    try:
        return canonical(text)
    except ValueError:
        raise click.ClickException(f"{text!r} is not a valid e-mail address.") from None
