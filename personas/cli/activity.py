"""The commands about what personas did and thought: export, prune."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import click

from personas.activity.export import FORMS, KINDS, lines
from personas.activity.prune import LEAST, Due, cutoff, due
from personas.activity.prune import prune as pruned
from personas.cli.account import account
from personas.cli.group import Command, as_json, print_json
from personas.fields import instant, rfc3339

SHOWN = 10_000  # rows from one number on the terminal to the next


def _moment(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """A day, which is its beginning, or a time."""
    if text is None:
        return None
    is_day = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    try:
        return instant(f"{text}T00:00:00Z" if is_day else text)
    except ValueError:
        said = "is neither a day like 2026-03-01 nor a time like 2026-03-01T08:30:00Z."
        raise click.BadParameter(f"{text!r} {said}") from None


def _age(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    """A number of days, not so few that a row could still be sent again."""
    if not re.fullmatch("[0-9]{1,5}d", text):
        raise click.BadParameter(f"{text!r} is not a number of days like 90d.")
    age = timedelta(days=int(text[:-1]))
    if age < LEAST:
        said = f"at least {LEAST.days}d, because rows of the last 30 days may be sent again."
        raise click.BadParameter(f"{text} is too little: {said}")
    return age


@click.command(cls=Command)
@click.argument("what", type=click.Choice(list(KINDS)))
@click.option(
    "--format", "form", type=click.Choice(list(FORMS)), default="jsonl", show_default=True
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
    what: str, form: str, since: datetime | None, until: datetime | None, who: str | None
) -> None:
    """Write all actions or ratings to stdout, by persona and time.

    A time is a day of UTC (2026-03-01) or RFC 3339 (2026-03-01T08:30:00Z). In CSV, what a
    spreadsheet would take for a formula stands behind an apostrophe.
    """
    persona_id = _persona_id(who) if who is not None else None
    rows = lines(KINDS[what], form, since=since, until=until, persona_id=persona_id)
    with closing(rows):
        _write(rows)


def _write(rows: Iterable[bytes]) -> None:
    out = sys.stdout.buffer
    try:
        with _progress(is_shown=not sys.stdout.isatty()) as show:
            for number, line in enumerate(rows):
                if number % SHOWN == 0:
                    show(f"{number} rows")
                out.write(line)
            out.flush()
    except BrokenPipeError:
        raise  # the reader has enough: click ends quietly
    except OSError as error:
        raise click.ClickException(f"stdout cannot be written: {error.strerror}.") from None


def _persona_id(who: str) -> str:
    user = account(who)
    if user.kind != "persona":
        raise click.ClickException(f"{user.email} is not a persona.")
    return user.id


@click.command(cls=Command)
@click.option(
    "--older-than",
    "age",
    metavar="DAYS",
    callback=_age,
    required=True,
    help="As 90d; at least 31d.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write no row.")
@as_json
def prune(age: timedelta, dry_run: bool, as_json: bool) -> None:
    """Delete the actions and ratings of old days, and keep the sums of each day.

    Works in short writes, beside a service that runs. Safe to stop and to repeat.
    """
    before = cutoff(age)
    found = due(before)
    rows, longest = Counter(found.rows), None
    if not dry_run:
        rows, longest = _prune(before, found)
    days = (before.date() - found.oldest).days if found.oldest else 0
    if as_json:
        of_each = {name: rows[name] for name in found.rows}
        milliseconds = None if longest is None else round(longest * 1000, 1)
        said = {"dryRun": dry_run, "before": rfc3339(before), "days": days}
        print_json(said | of_each | {"longestWriteMs": milliseconds})
        return
    counted = ", ".join(f"{rows[name]} {name}" for name in found.rows)
    how = (
        "dry run: nothing was written"
        if longest is None
        else f"longest write {longest * 1000:.0f} ms"
    )
    click.echo(f"{counted} of {days} days before {before.date()} pruned ({how})")


def _prune(before: datetime, found: Due) -> tuple[Counter[str], float]:
    rows: Counter[str] = Counter()
    longest = 0.0
    total = sum(found.rows.values())
    with _progress() as show:
        for batch in pruned(before):
            rows[batch.kind] += batch.rows
            longest = max(longest, batch.seconds)
            show(f"{rows.total()}/{total}")
    return rows, longest


@contextmanager
def _progress(*, is_shown: bool = True) -> Iterator[Callable[[str], None]]:
    """Show how far the work is, on a terminal's last line; nothing where stderr is none."""
    last = ""

    def show(text: str) -> None:
        nonlocal last
        if is_shown and sys.stderr.isatty():
            last = text  # numbers only grow
            click.echo(f"\r{text}", nl=False, err=True)

    try:
        yield show
    finally:
        if last:
            click.echo(f"\r{' ' * len(last)}\r", nl=False, err=True)
