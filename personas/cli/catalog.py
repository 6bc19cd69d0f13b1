"""The option `--catalog`, and the commands that list or delete all personas."""

from pathlib import Path

import click

from personas.activity.count import with_actions7d
from personas.cli.group import DatabaseCommand, dry_run_option, json_option, print_json
from personas.cli.output import count, print_line, print_summary, with_progress
from personas.cli.store import auth_options, open_store
from personas.persona import service
from personas.persona.schemas import PersonaRow
from personas.seeding import catalog
from personas.seeding.catalog import Catalog, CatalogError
from personas.seeding.space_plan import left_empty


class BadCatalog(click.ClickException):
    exit_code = 2


catalog_option = click.option(
    "--catalog",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Use this catalog instead of the shipped one.",
)


def load(path: Path | None, auth: str | None) -> Catalog:
    """Read a catalog. With `auth`, any domain is accepted: the service checks it against its own
    settings. Raises BadCatalog."""
    try:
        return catalog.load(path, any_domain=auth is not None)
    except CatalogError as error:
        raise BadCatalog(str(error)) from None


@click.command(cls=DatabaseCommand)
@catalog_option
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@auth_options
@json_option
def cleanup(
    path: Path | None, dry_run: bool, yes: bool, auth: str | None, jwt: str | None, as_json: bool
) -> None:
    """Delete all personas, and no other account.

    Personas that are not in the catalog are deleted too, and so are spaces without remaining
    members.
    """
    listed = load(path, auth).emails
    with open_store(auth, jwt) as store:
        existing = store.personas()
        emails = {persona.email for persona in existing}
        _warn_about_differences(listed, emails)
        spaces = left_empty(store.spaces().values(), emails) if existing else []
        if existing and not dry_run and not yes:
            click.confirm(f"Delete {count(len(existing), 'persona')}?", abort=True, err=True)
        for persona in with_progress(existing, len(existing)):
            if not dry_run:
                store.delete(persona.user_id)
            if not as_json:
                print_line("deleted", persona.email)
    slugs = [space.slug for space in spaces]
    if as_json:
        deleted = [{"userId": persona.user_id, "email": persona.email} for persona in existing]
        print_json({"dryRun": dry_run, "deleted": deleted, "spaces": slugs})
        return
    for slug in slugs:
        print_line("deleted", f"space {slug}")
    space_summary = f"{count(len(slugs), 'space')} deleted" if slugs else ""
    print_summary(space_summary, f"{count(len(existing), 'persona')} deleted", dry_run=dry_run)


def _warn_about_differences(listed: set[str], existing: set[str]) -> None:
    for email in sorted(existing - listed):
        click.echo(f"warning: {email} is not in the catalog", err=True)
    for email in sorted(listed - existing):
        click.echo(f"warning: {email} is in the catalog, but does not exist", err=True)


@click.command(cls=DatabaseCommand, name="list")
@json_option
def list_personas(as_json: bool) -> None:
    """List all personas, newest first."""
    rows = PersonaRow(many=True).dump(with_actions7d(service.personas()[0]))
    if as_json:
        print_json(rows)
        return
    columns = ("name", "email", "archetype", "tickCadence", "lastActiveAt")
    table = [columns, *([str(row[column] or "never") for column in columns] for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    for row in table:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    archetypes = len({row["archetype"] for row in rows})
    print_summary(f"{count(len(rows), 'persona')}, {archetypes} archetypes")
