"""`flask personas upgrade`."""

import click

from personas import migrate


@click.command()
def upgrade() -> None:
    """Bring the database to the newest schema.

    SQLite files are brought up by themselves; PostgreSQL waits for this command.
    """
    revision = migrate.upgrade()
    migrate.ensure_schema()
    click.echo(f"The database is at revision {revision}.")
