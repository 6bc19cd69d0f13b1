"""How the commands speak: a line for each thing, progress on a terminal, a summary."""

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
    """What became of one thing."""
    click.echo(f"{click.style(f'{word:<9}', fg=COLOURS[word])}  {subject}  {details}".rstrip())


def print_summary(*lines: str, dry_run: bool = False) -> None:
    """The lines that are not empty, below a blank one."""
    text = "\n".join(line for line in lines if line)
    click.echo(f"\n{text}{' (dry run: nothing was written)' if dry_run else ''}")


def count(number: int, noun: str) -> str:
    """`1 persona`, `2 personas`."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


@contextmanager
def progress(*, is_shown: bool = True) -> Iterator[Callable[[str], None]]:
    """Show how far the work is, on a terminal's last line; nothing where stderr is none.

    What comes after the block, an error too, has the line for itself.
    """
    last = ""

    def show(text: str) -> None:
        nonlocal last
        if is_shown and sys.stderr.isatty():
            # blanks: NO_COLOR would take an escape sequence away
            erase = f"\r{' ' * len(last)}" if last else ""
            click.echo(f"{erase}\r{text}", nl=False, err=True)
            last = text

    try:
        yield show
    finally:
        if last:
            show("")


def with_progress(items: Iterable[T], total: int) -> Iterator[T]:
    """Count them while the work goes on; what is printed about each has the line for itself."""
    with progress() as show:
        show(f"0/{total}")
        for done, item in enumerate(items, 1):
            show("")
            yield item
            show(f"{done}/{total}")
