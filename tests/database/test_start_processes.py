"""The start in real processes: commands that write nothing, workers that start at the same moment,
servers on an empty folder."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.database import schema
from personas.database.engine import db
from tests.database.processes import free_port, get, run, run_together, serving
from tests.database.raw import Raw

pytestmark = pytest.mark.slow

START = """
import alembic.command, logging, sys
from personas import create_app
from personas.database import schema

def main():
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    values = {"PERSONAS_DATABASE_URL": sys.argv[1]}
    with create_app("test", values=values, instance_path=sys.argv[2]).app_context():
        if "postgresql" in sys.argv[1]:
            schema.upgrade()
        schema.ensure_schema()
"""
SECRET = """
import pathlib, sys
from personas.config.secrets import new_private_key, read_or_create

def main():
    secret = read_or_create(pathlib.Path(sys.argv[1]), new_private_key)
    sys.stdout.write(f"{secret!r}\\n")  # in one piece, unlike print
"""


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "routes",
        "run --help",
        "personas --help",
        "personas seed --help",
    ],
)
def test_help_and_routes_write_nothing(tmp_path: Path, command: str) -> None:
    settings = {
        "FLASK_APP": f"personas:create_app(instance_path='{tmp_path / 'instance'}')",
        "PERSONAS_ENV": "development",
    }

    result = run("flask", *command.split(), folder=tmp_path, settings=settings)

    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert list(tmp_path.iterdir()) == []


def test_help_creates_no_database_file(tmp_path: Path) -> None:
    settings = {
        "FLASK_APP": "personas",
        "PERSONAS_ENV": "development",
        "PERSONAS_DATABASE_URL": f"sqlite:///{tmp_path / 'folder' / 'personas.db'}",
    }

    result = run("flask", "personas", "--help", folder=tmp_path, settings=settings)

    assert "seed" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_one_of_six_simultaneous_workers_migrates(
    empty_database: Flask, database_url: str, tmp_path: Path
) -> None:
    printed = run_together(START, database_url, str(tmp_path / "instance-of-six"))

    with empty_database.app_context(), db.engine.connect() as connection:
        versions = connection.scalars(sa.text(f"SELECT version_num FROM {schema.VERSION_TABLE}"))
        assert versions.all() == [schema.head()]
        assert {"users", "personas"} <= set(sa.inspect(connection).get_table_names())
    assert len([line for line in printed if "Running upgrade" in line]) == int(schema.head())


def test_six_simultaneous_workers_share_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "jwt_private_key.pem"

    printed = run_together(SECRET, str(path))

    assert printed == [repr(path.read_text().strip())] * 6
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # no temporary file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_flask_run_with_its_reloader_answers(tmp_path: Path) -> None:
    """Two processes, each of which creates the application."""
    database, log, port = tmp_path / "personas.db", tmp_path / "log", free_port()
    settings = {
        "FLASK_APP": "personas",
        "PERSONAS_ENV": "development",
        "PERSONAS_DATABASE_URL": f"sqlite:///{database}",
    }
    command = ("flask", "run", "--debug", "--port", str(port))

    with serving(*command, port=port, folder=tmp_path, settings=settings, log=log):
        healthz, readyz = get(port, "/healthz"), get(port, "/readyz")

    assert healthz[0] == readyz[0] == 200
    assert f'"schema": "{schema.head()}"' in readyz[1]
    assert "Restarting with" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_three_gunicorn_workers_start_on_an_empty_folder(tmp_path: Path) -> None:
    """They migrate once, and sign with one key."""
    pytest.importorskip("gunicorn")
    log, port, instance = tmp_path / "log", free_port(), tmp_path / "instance"
    application = f"personas:create_app(instance_path='{instance}')"
    options = ("-w", "3", "--no-control-socket", "-b", f"127.0.0.1:{port}")
    command = ("gunicorn", *options, application)
    settings = {
        "PERSONAS_ENV": "development",
        "PERSONAS_DATABASE_URL": f"sqlite:///{tmp_path / 'personas.db'}",
    }

    with (
        serving(*command, port=port, folder=tmp_path, settings=settings, log=log),
        ThreadPoolExecutor(12) as pool,
    ):
        answers = list(pool.map(lambda _: get(port, "/.well-known/jwks.json"), range(36)))
        logged = log.read_text()

    assert {status for status, _ in answers} == {200}
    assert len({json.loads(body)["keys"][0]["kid"] for _, body in answers}) == 1
    assert logged.count("Booting worker") == 3
    assert "error" not in logged.lower()
    assert {path.name for path in instance.iterdir()} == {"jwt_private_key.pem"}


def test_flask_run_stops_on_a_newer_database(instance: Path, tmp_path: Path) -> None:
    database = instance / "personas.db"
    raw = Raw(f"sqlite:///{database}")
    raw.run(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    raw.close()
    settings = {
        "FLASK_APP": f"personas:create_app(instance_path='{instance}')",
        "PERSONAS_ENV": "development",
    }

    result = run("flask", "run", "--port", str(free_port()), folder=tmp_path, settings=settings)

    assert result.returncode == 1
    assert "The database is at revision 9999" in result.stderr
    assert "Traceback" not in result.stderr


def test_flask_run_stops_on_a_postgresql_without_schema(postgres_url: str, tmp_path: Path) -> None:
    settings = {
        "FLASK_APP": f"personas:create_app(instance_path='{tmp_path}')",
        "PERSONAS_ENV": "development",
        "PERSONAS_DATABASE_URL": postgres_url,
    }

    result = run("flask", "run", "--port", str(free_port()), folder=tmp_path, settings=settings)

    assert result.returncode == 1
    assert "Run: flask personas upgrade" in result.stderr
    assert "Traceback" not in result.stderr
