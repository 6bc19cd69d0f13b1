"""Whether the service says that it is alive, and whether it can work."""

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


def test_a_process_is_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.get_json() == {"status": "ok"}


def test_a_service_is_ready_and_names_its_database(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    said = answer.get_json()
    assert answer.status_code == 200
    assert list(said) == ["status", "database", "schema"]
    assert said["status"] == "ok"
    assert said["schema"] == head()
    assert re.fullmatch(
        r"SQLite \d+\.\d+\.\d+ \((pysqlite3|sqlite3)\), journal mode (wal|delete)", said["database"]
    )


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_takes_no_more_than_a_look(client: FlaskClient, path: str) -> None:
    head_only = client.head(path, headers={"Content-Type": "application/json"})
    bad_credential = client.get(path, headers={"Authorization": "Bearer junk"})

    assert head_only.status_code == 200
    assert head_only.data == b""
    assert bad_credential.status_code == 200
    assert client.post(path).status_code == 405
    assert client.get(f"{path}?deep=1").status_code == 422


def unreachable(folder: Path) -> str:
    """A database below what is no folder."""
    (folder / "file").write_text("")
    return f"sqlite:///{folder}/file/personas.db"


def unreadable(folder: Path) -> str:
    """A database that is none."""
    (folder / "letter.txt").write_text("Dear database, " * 100)
    return f"sqlite:///{folder}/letter.txt"


@pytest.mark.parametrize("make_url", [unreachable, unreadable])
def test_without_its_database_a_process_is_alive_but_not_ready(
    make_app: CreateApp, tmp_path: Path, make_url: Callable[[Path], str]
) -> None:
    app = make_app(database_url=make_url(tmp_path))
    app.testing = False  # a server's answer, not the test's exception
    client = app.test_client()
    ready = client.get("/readyz")

    assert client.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert ready.get_json()["status"] == "unavailable"
    assert str(tmp_path) not in ready.get_data(as_text=True)


def test_without_its_database_any_other_request_is_told_to_try_again(
    make_app: CreateApp, tmp_path: Path
) -> None:
    app = make_app(database_url=unreachable(tmp_path))
    app.testing = False
    login = {"email": "ann@example.org", "password": "a long enough password"}
    answer = app.test_client().post("/api/v1/auth/login", json=login)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_in_front_of_a_newer_schema_a_service_is_not_ready(app: Flask, make_app: CreateApp) -> None:
    execute(app, "UPDATE personas_version SET version_num = '9999'")
    client = make_app().test_client()
    ready = client.get("/readyz")

    assert client.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert "9999" in ready.get_json()["reason"]


def test_what_others_migrate_meanwhile_is_noticed(app: Flask, client: FlaskClient) -> None:
    first = client.get("/readyz")
    with app.app_context(), write():
        db.session.execute(sa.text("UPDATE personas_version SET version_num = '9999'"))

    second = client.get("/readyz")

    assert [first.status_code, second.status_code] == [200, 503]
