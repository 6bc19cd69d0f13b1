"""The start of the next version, with one more migration, on an older database."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from personas.config.settings import Settings
from personas.database import schema
from personas.state import state_of
from tests.conftest import CreateApp
from tests.database.raw import Raw

NEXT = f"{int(schema.head()) + 1:04}"
MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{schema.head()}"

def upgrade():
    op.create_table("novelties", sa.Column("id", sa.Integer(), primary_key=True))

def downgrade():
    op.drop_table("novelties")
"""


@pytest.fixture
def next_version(database: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a current database, while the service has one more migration."""
    folder = shutil.copytree(schema.migrations(), tmp_path / "migrations")
    (folder / "versions" / f"{NEXT}_novelties.py").write_text(MIGRATION)
    monkeypatch.setattr(schema, "migrations", lambda: folder)
    return str(state_of(database)[Settings].database_url)


def revision_of(url: str) -> str:
    raw = Raw(url)
    rows = raw.run(f"SELECT version_num FROM {schema.VERSION_TABLE}")
    raw.close()
    return str(rows[0][0])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_first_request_upgrades_an_older_sqlite_file(
    make_app: CreateApp, next_version: str
) -> None:
    answer = make_app(database_url=next_version).test_client().get("/readyz")

    assert answer.get_json()["schema"] == NEXT
    assert revision_of(next_version) == NEXT


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_older_postgresql_waits_for_upgrade(make_app: CreateApp, next_version: str) -> None:
    app = make_app(database_url=next_version)
    client = app.test_client()

    refused = client.get("/api/v1/auth/session")
    revision = revision_of(next_version)
    upgraded = app.test_cli_runner().invoke(args=["personas", "upgrade"])

    assert refused.status_code == 503
    assert refused.get_json()["detail"] == (
        f"The database is at revision {revision}, but this version of personas "
        f"needs {NEXT}. Run: flask personas upgrade"
    )
    assert upgraded.stdout == f"The database is at revision {NEXT}.\n"
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("command", ["list", "upgrade"])
def test_development_does_not_migrate_a_production_database(
    make_app: CreateApp, next_version: str, command: str
) -> None:
    """The servers of production may still run the older version."""
    revision = revision_of(next_version)
    raw = Raw(next_version)
    raw.run("INSERT INTO deployments VALUES ('production', current_timestamp)")
    raw.close()

    app = make_app("development", database_url=next_version)
    result = app.test_cli_runner().invoke(args=["personas", command])

    assert result.exit_code == 1
    assert revision_of(next_version) == revision
