"""How the commands speak: a line for each thing, progress on a terminal, a summary."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

T = TypeVar("T")
COLOURS = {
    "created": "green",
    "updated": "yellow",
    "unchanged": None,
    "removed": "red",
    "failed": "red",
    "deleted": "red",
    "missing": "red",
    "extra": "yellow",
    "differs": "yellow",
}


def print_line(word: str, subject: str, details: str = "") -> None:
    """What became of one thing."""
    click.echo(f"{click.style(f'{word:<9}', fg=COLOURS[word])}  {subject}  {details}".rstrip())


def print_summary(*lines: str, dry_run: bool = False) -> None:
    """The lines that are not empty, below a blank one."""
    text = "\n".join(line for line in lines if line)
    click.echo(f"\n{text}{' (dry run: nothing was written)' if dry_run else ''}")


def count(number: int, noun: str) -> str:
    """`1 persona`, `2 personas`."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def with_progress(items: Iterable[T], total: int) -> Iterator[T]:
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
