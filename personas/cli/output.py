"""The output of the commands: one line per item, progress on a terminal, a summary."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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
    """Print the result for one item."""
    click.echo(f"{click.style(f'{word:<9}', fg=COLOURS[word])}  {subject}  {details}".rstrip())


def print_summary(*lines: str, dry_run: bool = False) -> None:
    """Print a blank line, then the lines that are not empty."""
    text = "\n".join(line for line in lines if line)
    click.echo(f"\n{text}{' (dry run: nothing was written)' if dry_run else ''}")


def count(number: int, noun: str) -> str:
    """`1 persona`, `2 personas`."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


@contextmanager
def progress(*, is_shown: bool = True) -> Iterator[Callable[[str], None]]:
    """Show progress on the last line of the terminal; nothing if stderr is not a terminal.

    The line is cleared at the end, also after an error.
    """
    last = ""

    def show(text: str) -> None:
        nonlocal last
        if is_shown and sys.stderr.isatty():
            # spaces, because NO_COLOR removes escape sequences
            erase = f"\r{' ' * len(last)}" if last else ""
            click.echo(f"{erase}\r{text}", nl=False, err=True)
            last = text

    try:
        yield show
    finally:
        if last:
            show("")


def with_progress(items: Iterable[T], total: int) -> Iterator[T]:
    """Show how many items are done. The line is cleared while the caller prints an item."""
    with progress() as show:
        show(f"0/{total}")
        for done, item in enumerate(items, 1):
            show("")
            yield item
            show(f"{done}/{total}")
