"""The commands `flask personas …`: they call services and print results (contract, section 7)."""

from personas.cli.account import create_admin, password, show, token
from personas.cli.activity import export, prune_rows
from personas.cli.browser import storage_state
from personas.cli.catalog import cleanup, list_personas
from personas.cli.database import upgrade
from personas.cli.diff import diff
from personas.cli.group import personas
from personas.cli.seed import seed

__all__ = ["personas"]

for command in (
    seed,
    cleanup,
    diff,
    list_personas,
    show,
    password,
    token,
    create_admin,
    storage_state,
    export,
    prune_rows,
    upgrade,
):
    personas.add_command(command)
