"""The commands about the catalog and its personas: seed, cleanup, list."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from personas.activity.count import counted
from personas.cli.group import Command, as_json, print_json
from personas.cli.target import auth_options, target
from personas.persona import catalog, service
from personas.persona.catalog import CatalogError, Entry
from personas.persona.schemas import PersonaRow
from personas.persona.seed import Seeded

T = TypeVar("T")
WORDS = ("created", "updated", "unchanged", "failed")
COLOURS = {
    "created": "green",
    "updated": "yellow",
    "unchanged": None,
    "failed": "red",
    "deleted": "red",
}


class BadCatalog(click.ClickException):
    exit_code = 2


catalog_option = click.option(
    "--catalog",
    "path",
    type=click.Path(path_type=Path),
    help="Another catalog than the shipped one.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would happen, and write no row."
)


@click.command(cls=Command)
@catalog_option
@dry_run_option
@auth_options
@as_json
@click.pass_context
def seed(
    ctx: click.Context,
    path: Path | None,
    dry_run: bool,
    auth: str | None,
    jwt: str | None,
    as_json: bool,
) -> None:
    """Make every persona of the catalog exist as it is described there.

    Safe to repeat. Prints per persona created, updated or unchanged. Exits with 1 if one
    failed (the others go on), with 2 for a bad catalog (nothing is written). With --auth the
    passwords are derived here: PERSONA_SEED_SECRET must be that of the service.
    """
    entries = _load(path, auth)
    done = []
    with target(auth, jwt) as place:
        for seeded in _with_progress(place.seed(entries, dry_run=dry_run), len(entries)):
            done.append(seeded)
            if not as_json:
                _print_line(seeded.word, seeded.email, _details(seeded))
    counts = Counter(seeded.word for seeded in done)
    if as_json:
        personas = [vars(seeded) | {"changed": list(seeded.changed)} for seeded in done]
        summary = {word: counts[word] for word in WORDS}
        print_json({"dryRun": dry_run, "personas": personas, "summary": summary})
    else:
        _print_summary(", ".join(f"{counts[word]} {word}" for word in WORDS), dry_run)
    ctx.exit(1 if counts["failed"] else 0)


@click.command(cls=Command)
@catalog_option
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@auth_options
@as_json
def cleanup(
    path: Path | None, dry_run: bool, yes: bool, auth: str | None, jwt: str | None, as_json: bool
) -> None:
    """Delete every persona, in the catalog or not, and never anybody else."""
    listed = {entry.email for entry in _load(path, auth)}
    with target(auth, jwt) as place:
        live = place.personas()
        _warn(listed, {persona.email for persona in live})
        if live and not dry_run and not yes:
            click.confirm(f"Delete {_count(len(live))}?", abort=True, err=True)
        for persona in _with_progress(live, len(live)):
            if not dry_run:
                place.delete(persona.user_id)
            if not as_json:
                _print_line("deleted", persona.email, "")
    if as_json:
        deleted = [{"userId": persona.user_id, "email": persona.email} for persona in live]
        print_json({"dryRun": dry_run, "deleted": deleted})
    else:
        _print_summary(f"{_count(len(live))} deleted", dry_run)


def _warn(listed: set[str], live: set[str]) -> None:
    for email in sorted(live - listed):
        click.echo(f"warning: {email} is not in the catalog", err=True)
    for email in sorted(listed - live):
        click.echo(f"warning: {email} is in the catalog, but not live", err=True)


@click.command(cls=Command, name="list")
@as_json
def list_personas(as_json: bool) -> None:
    """List the live personas, the newest first."""
    rows = PersonaRow(many=True).dump(counted(service.personas()[0]))
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
    click.echo(f"\n{_count(len(rows))}, {archetypes} archetypes")


def _load(path: Path | None, auth: str | None) -> list[Entry]:
    """Over HTTP the service's settings say which domains are for personas, not ours."""
    try:
        return catalog.load(path, any_domain=auth is not None)
    except CatalogError as error:
        raise BadCatalog(str(error)) from None


def _with_progress(items: Iterable[T], total: int) -> Iterator[T]:
    """Count on a terminal's last line while the work goes on; nothing where output is piped."""
    if not sys.stderr.isatty():
        yield from items
        return
    erase = f"\r{' ' * len(f'{total}/{total}')}\r"  # NO_COLOR would take an escape sequence away
    click.echo(f"0/{total}", nl=False, err=True)
    try:
        for done, item in enumerate(items, 1):
            click.echo(erase, nl=False, err=True)
            yield item
            click.echo(f"{done}/{total}", nl=False, err=True)
    finally:  # what comes next, an error too, has the line for itself
        click.echo(erase, nl=False, err=True)


def _details(seeded: Seeded) -> str:
    if seeded.reason:
        return seeded.reason
    return f"({', '.join(seeded.changed)})" if seeded.changed else ""


def _print_line(word: str, email: str, details: str) -> None:
    click.echo(f"{click.style(f'{word:<9}', fg=COLOURS[word])}  {email}  {details}".rstrip())


def _print_summary(text: str, dry_run: bool) -> None:
    click.echo(f"\n{text}{' (dry run: nothing was written)' if dry_run else ''}")


def _count(number: int) -> str:
    return "1 persona" if number == 1 else f"{number} personas"
