"""The schema at start (contract, section 7): when it is created, awaited or refused."""

import stat
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from personas import create_app
from personas.config.secrets import new_private_key
from personas.config.settings import Settings
from personas.database import schema
from personas.state import state_of
from tests.conftest import CreateApp
from tests.database.raw import Raw

NEWER = (
    "The database is at revision 9999, but this version of personas supports only "
    f"{schema.head()}. Install the version that migrated the database, or a newer one."
)
OLDER = "The database has no personas tables yet. Run: flask personas upgrade"
SERVED = "This database was used in production."


def production(**settings: str) -> dict[str, str]:
    """The settings that production requires."""
    secrets = {name: f"{name} ".ljust(40, "x") for name in ("secret_key", "service_key")}
    keys = {"jwt_private_key": new_private_key(), "seed_secret": "s" * 40}
    return secrets | keys | settings


def assert_refused(answer: TestResponse, sentence: str) -> None:
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"].startswith(sentence)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture
def newer(instance: Path, make_app: CreateApp) -> Flask:
    """An application on a database that a later version has migrated."""
    raw = Raw(f"sqlite:///{instance / 'personas.db'}")
    raw.run(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    raw.close()
    return make_app()


def test_creating_an_application_writes_nothing(tmp_path: Path) -> None:
    app = create_app("development", values={}, instance_path=str(tmp_path / "instance"))
    app.test_client()
    app.test_cli_runner()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/auth/session", "/nowhere"])
def test_the_first_request_creates_the_schema(
    make_app: CreateApp, tmp_path: Path, path: str
) -> None:
    database = tmp_path / "folder" / "personas.db"
    client = make_app(database_url=f"sqlite:///{database}").test_client()

    answer = client.get(path)

    raw = Raw(f"sqlite:///{database}")
    assert answer.status_code < 500
    assert raw.run(f"SELECT version_num FROM {schema.VERSION_TABLE}") == [(schema.head(),)]
    assert raw.run("SELECT count(*) FROM users") == [(0,)]
    raw.close()


def test_a_command_creates_the_schema(make_app: CreateApp, tmp_path: Path) -> None:
    database = tmp_path / "folder" / "personas.db"
    runner = make_app(database_url=f"sqlite:///{database}").test_cli_runner()

    result = runner.invoke(args=["personas", "list"])

    assert result.exit_code == 0
    assert database.exists()


def test_the_database_files_are_private(make_app: CreateApp, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    make_app(database_url=f"sqlite:///{folder / 'personas.db'}").test_client().get("/healthz")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert "personas.db" in modes
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("path", ["/api/v1/auth/session", "/api/v1/admin/personas"])
def test_a_newer_database_is_refused(newer: Flask, path: str) -> None:
    assert_refused(newer.test_client().get(path), NEWER)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/.well-known/jwks.json", 200),
        ("/api/auth/jwks", 200),
        ("/api/v1/auth/jwks", 200),
        ("/docs", 200),
        ("/login", 200),
        ("/reset-password", 200),
    ],
)
def test_requests_that_need_no_database_still_work(newer: Flask, path: str, status: int) -> None:
    assert newer.test_client().get(path).status_code == status


def test_with_a_newer_database_the_process_is_alive_but_not_ready(newer: Flask) -> None:
    client = newer.test_client()

    healthz, readyz = client.get("/healthz"), client.get("/readyz")

    assert (healthz.status_code, readyz.status_code) == (200, 503)
    assert readyz.get_json()["reason"] == NEWER


@pytest.mark.parametrize("command", ["list", "upgrade"])
def test_a_command_refuses_a_newer_database(newer: Flask, command: str) -> None:
    result = newer.test_cli_runner().invoke(args=["personas", command])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"Error: {NEWER}\n"


def test_postgresql_waits_for_upgrade(make_app: CreateApp, postgres_url: str) -> None:
    app = make_app(database_url=postgres_url)
    client = app.test_client()

    healthz, readyz = client.get("/healthz"), client.get("/readyz")
    listed = app.test_cli_runner().invoke(args=["personas", "list"])

    assert_refused(client.get("/api/v1/auth/session"), OLDER)
    assert (healthz.status_code, readyz.status_code) == (200, 503)
    assert readyz.get_json()["reason"] == OLDER
    assert (listed.exit_code, listed.stderr) == (1, f"Error: {OLDER}\n")


def test_a_running_service_works_after_an_upgrade(make_app: CreateApp, postgres_url: str) -> None:
    client = make_app(database_url=postgres_url).test_client()
    waiting = client.get("/api/v1/auth/session")

    another = make_app(database_url=postgres_url).test_cli_runner()
    upgraded = another.invoke(args=["personas", "upgrade"])

    assert waiting.status_code == 503
    assert upgraded.stdout == f"The database is at revision {schema.head()}.\n"
    assert client.get("/api/v1/auth/session").status_code == 401
    assert client.get("/readyz").get_json()["schema"] == schema.head()


def test_production_is_recorded_once(make_app: CreateApp, database: Flask) -> None:
    url = state_of(database)[Settings].database_url
    settings = production(database_url=url)

    answers = [make_app("production", **settings).test_client().get("/readyz") for _ in range(2)]

    raw = Raw(url)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert raw.run("SELECT environment FROM deployments") == [("production",)]
    raw.close()


@pytest.mark.parametrize("environment", ["development", "test"])
def test_a_production_database_is_refused_in_other_environments(
    make_app: CreateApp, environment: str
) -> None:
    make_app("production", **production()).test_client().get("/healthz")

    app = make_app(environment)
    client = app.test_client()
    listed = app.test_cli_runner().invoke(args=["personas", "list"])

    assert_refused(client.get("/api/v1/auth/session"), SERVED)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert SERVED in client.get("/readyz").text  # not that the database cannot be reached
    assert listed.exit_code == 1
    assert SERVED in listed.stderr
    assert "PERSONAS_ENV=production" in listed.stderr


def test_development_is_not_recorded(make_app: CreateApp) -> None:
    make_app("development").test_client().get("/healthz")

    answer = make_app("production", **production()).test_client().get("/readyz")

    assert answer.status_code == 200


@pytest.mark.parametrize("obstacle", ["a folder for the file", "a file for its folder"])
def test_a_database_file_that_cannot_be_created_is_unavailable(
    make_app: CreateApp, tmp_path: Path, obstacle: str
) -> None:
    database = tmp_path / "folder" / "personas.db"
    if obstacle == "a folder for the file":
        database.mkdir(parents=True)
    else:
        database.parent.touch()
    app = make_app(database_url=f"sqlite:///{database}")
    app.testing = False  # answer as a server does
    client = app.test_client()

    answer, healthz = client.get("/api/v1/auth/session"), client.get("/healthz")
    readyz = client.get("/readyz")
    listed = app.test_cli_runner().invoke(args=["personas", "list"])

    assert_refused(answer, "The database")
    assert str(tmp_path) not in answer.text  # the path belongs in the log
    assert (healthz.status_code, readyz.status_code) == (200, 503)
    assert listed.exit_code == 1
    assert listed.stderr.startswith("Error: The database")


def test_an_unreachable_postgresql_is_unavailable(make_app: CreateApp) -> None:
    app = make_app(database_url="postgresql://nobody@127.0.0.1:1/nothing")
    client = app.test_client()

    healthz, readyz = client.get("/healthz"), client.get("/readyz")
    listed = app.test_cli_runner().invoke(args=["personas", "list"])

    assert_refused(client.get("/api/v1/auth/session"), "The database cannot be reached")
    assert (healthz.status_code, readyz.status_code) == (200, 503)
    assert listed.exit_code == 1
    assert listed.stderr.startswith("Error: The database cannot be reached")
