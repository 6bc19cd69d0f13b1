"""`flask personas upgrade`."""

import click

from personas.database import schema


@click.command()
def upgrade() -> None:
    """Migrate the database to the newest schema.

    SQLite is migrated automatically; PostgreSQL is migrated only by this command.
    """
    revision = schema.upgrade()
    schema.ensure_schema()
    click.echo(f"The database is at revision {revision}.")
