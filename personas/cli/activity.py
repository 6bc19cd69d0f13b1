"""The commands about what personas did and thought: export, prune."""

import re
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta

import click

from personas.activity import prune
from personas.activity.export import FORMATS, TABLES, lines
from personas.cli.account import account
from personas.cli.group import Command, as_json, dry_run_option, print_json
from personas.cli.output import progress
from personas.http.instants import day_or_instant, rfc3339

SHOWN = 10_000  # rows from one number on the terminal to the next


def _moment(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """A day, which is its beginning, or a time."""
    if text is None:
        return None
    try:
        return day_or_instant(text)
    except ValueError:
        message = "is neither a day like 2026-03-01 nor a time like 2026-03-01T08:30:00Z."
        raise click.BadParameter(f"{text!r} {message}") from None


def _age(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """A number of days, not so few that a row could still be sent again."""
    if not re.fullmatch("[0-9]{1,5}d", text):
        raise click.BadParameter(f"{text!r} is not a number of days like 90d.")
    age = timedelta(days=int(text[:-1]))
    if age < prune.MIN_AGE:
        message = (
            f"at least {prune.MIN_AGE.days}d, because rows of the last 30 days may be sent again."
        )
        raise click.BadParameter(f"{text} is too little: {message}")
    return age


@click.command(cls=Command)
@click.argument("what", type=click.Choice(list(TABLES)))
@click.option(
    "--format", "format_name", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True
)
@click.option(
    "--since",
    metavar="TIME",
    callback=_moment,
    help="From this time on; of a day, from its beginning.",
)
@click.option(
    "--until",
    metavar="TIME",
    callback=_moment,
    help="Before this time; of a day, before its beginning.",
)
@click.option("--persona", "who", metavar="EMAIL-OR-NAME", help="The rows of this one alone.")
def export(
    what: str,
    format_name: str,
    since: datetime | None,
    until: datetime | None,
    who: str | None,
) -> None:
    """Write all actions or ratings to stdout, by persona and time.

    A time is a day of UTC (2026-03-01) or RFC 3339 (2026-03-01T08:30:00Z). In CSV, what a
    spreadsheet would take for a formula stands behind an apostrophe.
    """
    persona_id = _persona_id(who) if who is not None else None
    rows = lines(what, format_name, since=since, until=until, persona_id=persona_id)
    with closing(rows):
        _write(rows)


def _write(rows: Iterable[bytes]) -> None:
    out = sys.stdout.buffer
    with progress(is_shown=not sys.stdout.isatty()) as show:
        for number, line in enumerate(rows):
            if number % SHOWN == 0:
                show(f"{number} rows")
            out.write(line)
        out.flush()


def _persona_id(who: str) -> str:
    user = account(who)
    if user.kind != "persona":
        raise click.ClickException(f"{user.email} is not a persona.")
    return user.id


@click.command(name="prune", cls=Command)
@click.option(
    "--older-than",
    "age",
    metavar="DAYS",
    callback=_age,
    required=True,
    help="As 90d; at least 31d.",
)
@dry_run_option
@as_json
def prune_rows(age: timedelta, dry_run: bool, as_json: bool) -> None:
    """Delete the actions and ratings of old days, and keep the sums of each day.

    Works in short writes, beside a service that runs. Safe to stop and to repeat.
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
    """How many rows of each table went, and the seconds of the longest write."""
    rows = dict.fromkeys(old.rows, 0)
    longest = 0.0
    total = sum(old.rows.values())
    with progress() as show:
        for deleted in prune.prune(before):
            rows[deleted.table] += deleted.rows
            longest = max(longest, deleted.seconds)
            show(f"{sum(rows.values())}/{total}")
    return rows, longest
