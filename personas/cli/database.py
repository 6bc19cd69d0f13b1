"""`flask personas upgrade`."""

import click

from personas.database import schema


@click.command()
def upgrade() -> None:
    """Bring the database to the newest schema.

    SQLite files are brought up by themselves; PostgreSQL waits for this command.
    """
    revision = schema.upgrade()
    schema.ensure_schema()
    click.echo(f"The database is at revision {revision}.")
