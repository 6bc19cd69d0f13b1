"""Liveness and readiness of the service."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from personas.database.engine import db
from personas.database.schema import head
from personas.database.session import write
from tests.conftest import CreateApp
from tests.persona.watch import execute


def test_a_process_reports_that_it_is_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.get_json() == {"status": "ok"}


def test_a_service_is_ready_and_names_its_database(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    body = answer.get_json()
    assert answer.status_code == 200
    assert list(body) == ["status", "database", "schema"]
    assert body["status"] == "ok"
    assert body["schema"] == head()
    assert re.fullmatch(
        r"SQLite \d+\.\d+\.\d+ \((pysqlite3|sqlite3)\), journal mode (wal|delete)", body["database"]
    )


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_accepts_only_get_and_head_without_parameters(
    client: FlaskClient, path: str
) -> None:
    head_only = client.head(path, headers={"Content-Type": "application/json"})
    bad_credential = client.get(path, headers={"Authorization": "Bearer junk"})

    assert head_only.status_code == 200
    assert head_only.data == b""
    assert bad_credential.status_code == 200
    assert client.post(path).status_code == 405
    assert client.get(f"{path}?deep=1").status_code == 422


def unreachable(folder: Path) -> str:
    """The URL of a database below a file instead of a folder."""
    (folder / "file").write_text("")
    return f"sqlite:///{folder}/file/personas.db"


def unreadable(folder: Path) -> str:
    """The URL of a file that is not a database."""
    (folder / "letter.txt").write_text("Dear database, " * 100)
    return f"sqlite:///{folder}/letter.txt"


@pytest.mark.parametrize("make_url", [unreachable, unreadable])
def test_without_its_database_a_process_is_alive_but_not_ready(
    make_app: CreateApp, tmp_path: Path, make_url: Callable[[Path], str]
) -> None:
    app = make_app(database_url=make_url(tmp_path))
    app.testing = False  # the response of a server, not the exception
    client = app.test_client()
    ready = client.get("/readyz")

    assert client.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert ready.get_json()["status"] == "unavailable"
    assert str(tmp_path) not in ready.get_data(as_text=True)


def test_without_its_database_other_requests_get_retry_after(
    make_app: CreateApp, tmp_path: Path
) -> None:
    app = make_app(database_url=unreachable(tmp_path))
    app.testing = False
    login = {"email": "ann@example.org", "password": "a long enough password"}
    answer = app.test_client().post("/api/v1/auth/login", json=login)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_with_a_newer_schema_the_service_is_not_ready(app: Flask, make_app: CreateApp) -> None:
    execute(app, "UPDATE personas_version SET version_num = '9999'")
    client = make_app().test_client()
    ready = client.get("/readyz")

    assert client.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert "9999" in ready.get_json()["reason"]


def test_a_migration_by_another_process_is_noticed(app: Flask, client: FlaskClient) -> None:
    first = client.get("/readyz")
    with app.app_context(), write():
        db.session.execute(sa.text("UPDATE personas_version SET version_num = '9999'"))

    second = client.get("/readyz")

    assert [first.status_code, second.status_code] == [200, 503]
