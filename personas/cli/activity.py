"""Commands for the actions and ratings of personas: export, prune."""

import re
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta

import click

from personas.activity import prune
from personas.activity.export import FORMATS, TABLES, lines
from personas.cli.account import find_account
from personas.cli.group import DatabaseCommand, dry_run_option, json_option, print_json
from personas.cli.output import progress
from personas.http.instants import day_or_instant, rfc3339

PROGRESS_STEP = 10_000  # rows


def _parse_time(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """Parse a day, as its start, or a time."""
    if text is None:
        return None
    try:
        return day_or_instant(text)
    except ValueError:
        message = "must be a day like 2026-03-01 or a time like 2026-03-01T08:30:00Z."
        raise click.BadParameter(f"{text!r} {message}") from None


def _parse_age(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """Parse a number of days. A runner may send rows again for 30 days, so fewer are refused."""
    if not re.fullmatch("[0-9]{1,5}d", text):
        raise click.BadParameter(f"{text!r} must be a number of days like 90d.")
    age = timedelta(days=int(text[:-1]))
    if age < prune.MIN_AGE:
        raise click.BadParameter(
            f"{text} is too short. Use at least {prune.MIN_AGE.days}d, because rows of the last 30 "
            "days may be sent again."
        )
    return age


@click.command(cls=DatabaseCommand)
@click.argument("what", type=click.Choice(list(TABLES)))
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="jsonl",
    show_default=True,
    help="The output format.",
)
@click.option(
    "--since",
    metavar="TIME",
    callback=_parse_time,
    help="Only rows at or after this time. A day means its start.",
)
@click.option(
    "--until",
    metavar="TIME",
    callback=_parse_time,
    help="Only rows before this time. A day means its start.",
)
@click.option("--persona", metavar="EMAIL-OR-NAME", help="Only rows of this persona.")
def export(
    what: str,
    format_name: str,
    since: datetime | None,
    until: datetime | None,
    persona: str | None,
) -> None:
    """Export actions or ratings to stdout.

    Rows are sorted by persona and time. TIME is a day in UTC (2026-03-01) or an RFC 3339 time
    (2026-03-01T08:30:00Z). In CSV, values that look like formulas are prefixed with an apostrophe.
    """
    persona_id = _persona_id(persona) if persona is not None else None
    rows = lines(what, format_name, since=since, until=until, persona_id=persona_id)
    with closing(rows):
        _write(rows)


def _write(rows: Iterable[bytes]) -> None:
    out = sys.stdout.buffer
    with progress(is_shown=not sys.stdout.isatty()) as show:
        for number, line in enumerate(rows):
            if number % PROGRESS_STEP == 0:
                show(f"{number} rows")
            out.write(line)
        out.flush()


def _persona_id(email_or_name: str) -> str:
    user = find_account(email_or_name)
    if user.kind != "persona":
        raise click.ClickException(f"{user.email} is not a persona.")
    return user.id


@click.command(name="prune", cls=DatabaseCommand)
@click.option(
    "--older-than",
    "age",
    metavar="DAYS",
    callback=_parse_age,
    required=True,
    help="Delete rows older than this, for example 90d. At least 31d.",
)
@dry_run_option
@json_option
def prune_rows(age: timedelta, dry_run: bool, as_json: bool) -> None:
    """Delete old actions and ratings, but keep daily sums.

    Deletes in short transactions, so the service can keep running. Safe to interrupt and to repeat.
    """
    before = prune.cutoff(age)
    old = prune.count_old(before)
    days = (before.date() - old.oldest).days if old.oldest else 0
    rows, longest = (old.rows, None) if dry_run else _prune(before, old)
    if as_json:
        milliseconds = None if longest is None else round(longest * 1000, 1)
        head = {"dryRun": dry_run, "before": rfc3339(before), "days": days}
        print_json(head | rows | {"longestWriteMs": milliseconds})
        return
    counted = ", ".join(f"{number} {name}" for name, number in rows.items())
    what = f"{counted} of {days} days before {before.date()}"
    if longest is None:
        click.echo(f"{what} would be pruned")
    else:
        click.echo(f"{what} pruned (longest write {longest * 1000:.0f} ms)")


def _prune(before: datetime, old: prune.OldRows) -> tuple[dict[str, int], float]:
    """The number of deleted rows of each table, and the duration of the longest write in
    seconds."""
    rows = dict.fromkeys(old.rows, 0)
    longest = 0.0
    total = sum(old.rows.values())
    with progress() as show:
        for deleted in prune.prune(before):
            rows[deleted.table] += deleted.rows
            longest = max(longest, deleted.seconds)
            show(f"{sum(rows.values())}/{total}")
    return rows, longest
