"""Storage that is locked, full or read-only, as a client sees it (contract, section 6)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.database import engine
from personas.database.engine import db
from personas.database.session import read
from tests.conftest import CreateApp
from tests.database.raw import Raw
from tests.people import PASSWORD, Account, body

NO_LIMIT = 1_073_741_823  # pages, more than a test fills


@pytest.fixture
def client(make_app: CreateApp, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of a running service that waits 20 ms for a lock instead of five seconds."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", 0.02)
    client = make_app().test_client(use_cookies=False)
    client.get("/readyz")
    return client


@pytest.fixture
def other_connection(instance: Path) -> Iterator[Raw]:
    """Another connection to the same file."""
    raw = Raw(f"sqlite:///{instance / 'personas.db'}")
    yield raw
    raw.close()


def register(client: FlaskClient) -> TestResponse:
    return client.post(
        "/api/v1/auth/register", json={"email": "eve@example.org", "password": PASSWORD}
    )


def pragma(client: FlaskClient, statement: str) -> None:
    """Set a pragma on the one connection that the pool reuses."""
    with client.application.app_context(), read():
        db.session.execute(sa.text(f"PRAGMA {statement}"))


def test_a_locked_database_is_503_with_retry_after(
    client: FlaskClient, other_connection: Raw
) -> None:
    other_connection.run("BEGIN IMMEDIATE")

    answer = register(client)

    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"].startswith("The database cannot be reached or is locked.")
    assert int(answer.headers["Retry-After"]) >= 1


def test_writes_work_again_after_the_lock(client: FlaskClient, other_connection: Raw) -> None:
    other_connection.run("BEGIN IMMEDIATE")
    refused = register(client)
    other_connection.run("ROLLBACK")

    assert refused.status_code == 503
    assert register(client).status_code == 201


def test_a_locked_database_can_still_be_read(
    client: FlaskClient, other_connection: Raw, ann: Account
) -> None:
    other_connection.run("BEGIN IMMEDIATE")

    assert client.get("/api/v1/auth/session", headers=ann.headers).status_code == 200


def test_a_command_reports_a_locked_database(client: FlaskClient, other_connection: Raw) -> None:
    other_connection.run("BEGIN IMMEDIATE")

    result = client.application.test_cli_runner().invoke(args=["personas", "seed"])

    assert result.exit_code == 1
    assert "is locked" in result.output
    assert "Traceback" not in result.output


def test_full_storage_is_507_and_writes_nothing(client: FlaskClient, admin: Account) -> None:
    sent = body(systemPrompt="You write a great deal. " * 800)
    pragma(client, "max_page_count = 1")  # SQLite keeps at least the current number of pages

    full = client.post("/api/v1/admin/personas", json=sent, headers=admin.headers)
    pragma(client, f"max_page_count = {NO_LIMIT}")
    again = client.post("/api/v1/admin/personas", json=sent, headers=admin.headers)

    assert full.status_code == 507
    assert full.content_type == "application/problem+json"
    assert full.get_json()["detail"] == "The storage is full. Nothing was written."
    assert again.status_code == 201


def test_read_only_storage_is_503(client: FlaskClient) -> None:
    pragma(client, "query_only = ON")

    answer = register(client)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
