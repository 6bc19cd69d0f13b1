"""The group `flask personas`: what all commands share."""

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import SQLAlchemyError

from personas.database.schema import ensure_schema
from personas.http.problems import Problem, problem_of
from personas.seeding.store import SeedingError
from personas.state import NAME

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """Says in one sentence what went wrong, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Problem, SQLAlchemyError) as error:
            raise click.ClickException(problem_of(error).sentence) from None
        except SeedingError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read has gone: click ends quietly
                raise
            what = f"{error.filename}:" if error.filename else "stdout cannot be written:"
            raise click.ClickException(f"{what} {error.strerror}.") from None
        except UnicodeError:
            raise click.ClickException("What was given is not text in UTF-8.") from None


class Command(click.Command):
    """A command that needs the schema. It is made when the command runs, so that `--help`,
    which ends before, writes nothing."""

    def invoke(self, ctx: click.Context) -> Any:
        ensure_schema()
        return super().invoke(ctx)


@click.group(cls=Commands)
@click.pass_context
def personas(ctx: click.Context) -> None:
    """Seed, look at and remove the automatic test users."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  the context closes it
            setattr(sys, name, ctx.with_resource(nowhere))
    app = ctx.ensure_object(ScriptInfo).load_app()
    found = app.extensions.get(NAME)  # a host has the service there, the service its own state
    service = found if isinstance(found, Flask) else app
    ctx.with_resource(service.app_context())
    if os.environ.get("NO_COLOR"):  # no-color.org
        ctx.color = False


dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would happen, and write no row."
)


def as_json(command: F) -> F:
    """The option `--json`."""
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return option(command)


def print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
