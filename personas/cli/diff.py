"""`flask personas diff`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from personas.cli.catalog import catalog_option, load
from personas.cli.group import DatabaseCommand, json_option, print_json
from personas.cli.output import count, print_line, print_summary
from personas.cli.store import auth_options, open_store
from personas.seeding.diff import Difference, compare

WIDTH = 60  # characters of a value on a terminal
BEFORE = 20  # of these, characters before the first difference


class DiffCommand(DatabaseCommand):
    """A command whose exit code 2 is a result: a usage error or a bad catalog exits with 1."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _errors_exit_with_1():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_exit_with_1():
            return super().invoke(ctx)


@contextmanager
def _errors_exit_with_1() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        error.show()
        raise click.exceptions.Exit(1) from None


@click.command(cls=DiffCommand)
@catalog_option
@auth_options
@json_option
@click.pass_context
def diff(
    ctx: click.Context, path: Path | None, auth: str | None, jwt: str | None, as_json: bool
) -> None:
    """Compare the catalog with the existing personas and spaces.

    Compares every field, tier and member. Writes nothing. Exits with 0 if both are equal, with 2
    if they differ, with 1 on an error (including a bad catalog). `seed` fixes all differences
    except those marked "extra".
    """
    catalog = load(path, auth)
    with open_store(auth, jwt) as store:
        differences = compare(catalog, store)
    if as_json:
        listed = msgspec.to_builtins(differences)
        print_json({"equal": not differences, "differences": listed})
    else:
        for difference in differences:
            print_line(difference.status, _subject(difference), _details(difference))
        print_summary(count(len(differences), "difference"))
    failed = any(difference.status == "failed" for difference in differences)
    ctx.exit(1 if failed else 2 if differences else 0)


def _subject(difference: Difference) -> str:
    if difference.space is None:
        return str(difference.persona)
    if difference.persona is None:
        return f"space {difference.space}"
    return f"member {difference.persona} of {difference.space}"


def _details(difference: Difference) -> str:
    if difference.field is None:
        return difference.reason or ""
    if difference.expected is None:  # a password: neither value can be shown
        return difference.field
    expected, found = _excerpts(difference.expected, difference.found)
    return f"{difference.field}: expected {expected}, found {found}"


def _excerpts(*values: Any) -> list[str]:
    """Values as JSON for a terminal; long ones from shortly before their first difference."""
    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    if max(map(len, texts)) > WIDTH:
        pairs = enumerate(zip(*texts, strict=False))
        first = next((at for at, (one, other) in pairs if one != other), 0)
        texts = [_window(text, max(0, first - BEFORE)) for text in texts]
    return ["".join(char if char.isprintable() else "�" for char in text) for text in texts]


def _window(text: str, start: int) -> str:
    cut = text[start : start + WIDTH]
    return f"{'…' if start else ''}{cut}{'…' if start + WIDTH < len(text) else ''}"
