"""The command group `flask personas`, and the options and error handling of all its commands."""

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import SQLAlchemyError

from personas.database.schema import ensure_schema
from personas.http.problems import Problem, problem_of
from personas.seeding.store import SeedingError
from personas.state import EXTENSION


class PersonasGroup(click.Group):
    """Prints expected errors as one sentence, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (Problem, SQLAlchemyError) as error:
            raise click.ClickException(problem_of(error).sentence) from None
        except SeedingError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader closed the pipe: click exits silently
                raise
            subject = error.filename or "Cannot write to stdout"
            raise click.ClickException(f"{subject}: {error.strerror}.") from None
        except UnicodeError:
            raise click.ClickException("An argument or the input is not valid UTF-8.") from None


class DatabaseCommand(click.Command):
    """A command that uses the database. It makes the schema current when it is invoked, so that
    `--help` writes nothing."""

    def invoke(self, ctx: click.Context) -> Any:
        ensure_schema()
        return super().invoke(ctx)


@click.group(cls=PersonasGroup)
@click.pass_context
def personas(ctx: click.Context) -> None:
    """Create, inspect and delete automatic test users (personas)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it
            devnull = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  the context closes it
            setattr(sys, name, ctx.with_resource(devnull))
    app = ctx.ensure_object(ScriptInfo).load_app()
    extension = app.extensions.get(EXTENSION)  # in a host the service, in the service its own state
    service = extension if isinstance(extension, Flask) else app
    ctx.with_resource(service.app_context())
    if os.environ.get("NO_COLOR"):  # no-color.org
        ctx.color = False


dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would change, but change nothing."
)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
