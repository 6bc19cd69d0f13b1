"""What is logged, and what never is."""

import json
import logging
import re
import socket
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from personas.database.engine import sqlite
from personas.http.fields import UUID
from personas.ops.logs import JsonFormatter
from tests.conftest import CreateApp
from tests.people import PASSWORD, body
from tests.production import Service, secrets, serve, settings

# The service with a view that fails like a bug, while it writes a secret
BROKEN_APP = """
import sqlalchemy as sa
from personas import create_app
from personas.database.engine import db
from personas.database.session import write

app = create_app()

@app.get("/broken")
def broken():
    with write():
        db.session.execute(
            sa.text("UPDATE users SET role = :role, password_hash = :hash"),
            {"role": "somebody", "hash": "$argon2id$a-hash-in-a-statement"},
        )
"""
OTHER_PASSWORD = "not the password of anybody"


def line(message: str, *args: object, error: Exception | None = None) -> str:
    """Format one record as production does."""
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("personas", logging.INFO, "", 0, message, args, exc_info)
    return JsonFormatter().format(record)


def test_a_record_is_always_one_line() -> None:
    hostile = 'a\r\n{"level": "error"}\x1b[2J\u2028\ud800'

    written = line("said %s", hostile)

    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written)["message"] == f"said {hostile}"


def test_an_exception_is_logged_with_its_causes() -> None:
    try:
        try:
            _ = 1 / 0
        except ZeroDivisionError as cause:
            raise ValueError("no ratio") from cause
    except ValueError as error:
        logged = json.loads(line("failed", error=error))["exception"]

    assert logged.index("builtins.ZeroDivisionError: division by zero") < logged.index("ValueError")
    assert 'test_logs.py", line' in logged
    assert logged.endswith("builtins.ValueError: no ratio")


def test_a_database_error_is_logged_without_values() -> None:
    driver = sqlite.IntegrityError("Failing row contains (ann@example.org, $argon2id$).")
    error = IntegrityError("INSERT …", {"hash": "$argon2id$"}, driver)
    error.__cause__ = driver

    written = line("failed", error=error)

    assert "IntegrityError" in written
    assert "argon2id" not in written


@pytest.mark.parametrize(
    "request_id", ["abcdefgh", "0-A" * 21, "019cb5a0-7d3c-7c11-9b1e-5f0c2a4d8e6f"]
)
def test_a_request_keeps_its_request_id(client: FlaskClient, request_id: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": request_id})

    assert answer.headers["X-Request-ID"] == request_id


@pytest.mark.parametrize(
    "request_id", ["", "short", "a" * 65, "with a blank", "drop;table", "ä" * 9]
)
def test_a_request_without_a_valid_id_gets_a_new_one(client: FlaskClient, request_id: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": request_id})

    assert UUID.fullmatch(answer.headers["X-Request-ID"])


def test_a_request_is_one_record_in_production(
    make_app: CreateApp, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app("production", **secrets()).test_client()
    caplog.clear()

    client.get("/nowhere?token=secret", headers={"X-Request-ID": "request-1"})

    record = caplog.records[-1]
    assert record.getMessage() == "request"
    assert record.fields["status"] == 404  # type: ignore[attr-defined]
    assert record.fields["remote"] == "127.0.0.1"  # type: ignore[attr-defined]


def test_production_writes_json_without_other_log_handlers(
    make_app: CreateApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("personas")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", False)
    monkeypatch.setattr(logging.getLogger("werkzeug"), "level", logging.INFO)

    make_app("production", **secrets()).test_client().get("/healthz?a=b")

    written = json.loads(capsys.readouterr().err)
    assert written["path"] == "/healthz"
    assert written["status"] == 422
    assert UUID.fullmatch(written["request_id"])


def test_outside_production_logs_are_plain_text_without_requests(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.test_client().get("/healthz")

    assert not caplog.records
    assert not any(isinstance(handler.formatter, JsonFormatter) for handler in app.logger.handlers)


@pytest.mark.slow
def test_production_logs_no_secret_of_a_whole_session(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN_APP)
    values = settings(tmp_path, PERSONAS_SMTP_URL="smtp://ann:mail-password@127.0.0.1:1")
    with serve(tmp_path, app="broken:app", values=values) as service:
        used_secrets = {
            *use_the_service(service),
            "mail-password",
            "$argon2id$",
            "@example.org",
            "@mana.test",
        }

    messages = [entry["message"] for entry in service.lines]  # all of it is JSON
    assert messages.count("request") == 13
    assert "Exception on /broken [GET]" in messages
    assert "an e-mail could not be sent" in messages
    assert "Invalid request from ip=127.0.0.1" in messages
    assert [secret for secret in used_secrets if secret in service.log] == []


def use_the_service(service: Service) -> set[str]:
    """Send the requests of accounts, admins and bugs; return every secret that was used."""
    used_secrets = {
        value for name, value in service.settings.items() if re.search("SECRET|KEY", name)
    }
    used_secrets |= {PASSWORD, OTHER_PASSWORD}
    ann = {"email": "ann@example.org", "password": PASSWORD}
    with httpx.Client(base_url=service.url) as http:
        for path, sent in (
            ("register", ann),
            ("login", ann | {"password": OTHER_PASSWORD}),
            ("login", ann | {"an-unknown-key": "a value"}),
            ("login", ann),
        ):
            session = http.post(f"/api/v1/auth/{path}", json=sent)
            used_secrets |= {*session.cookies.values(), *_tokens(session)}
        refresh = {"refreshToken": session.json()["refreshToken"]}
        session = http.post("/api/v1/auth/refresh", json=refresh)
        used_secrets |= _tokens(session)
        token = session.json()["accessToken"]
        bearer = {"Authorization": f"Bearer {token}"}
        make_admin(service.file.with_name("personas.db"))
        created = http.post("/api/v1/admin/personas", json=body(), headers=bearer)
        assert created.status_code == 201
        http.get("/broken")
        http.get("/api/v1/auth/session", params={"token": token}, headers=bearer)
        http.get("/verify-email", params={"token": token})
        key = service.settings["PERSONAS_SERVICE_KEY"]
        assert http.get("/metrics", headers={"X-Service-Key": key}).status_code == 200
        http.post("/api/v1/auth/logout", headers=bearer)
        assert http.get("/api/v1/auth/session", headers=bearer).status_code == 401
        http.get("/nowhere", auth=("ann@example.org", PASSWORD))
    send_invalid_request(service.url, f"GET /?token={token} rubbish HTTP/1.1\r\n\r\n")
    return used_secrets


def _tokens(session: httpx.Response) -> set[str]:
    answer = session.json()
    return {answer[name] for name in ("accessToken", "refreshToken") if name in answer}


def make_admin(path: Path) -> None:
    """Update the file from this process, which has no other connection to it."""
    connection = sqlite.connect(path)
    with connection:
        connection.execute("UPDATE users SET role = 'admin' WHERE kind = 'human'")
    connection.close()


def send_invalid_request(url: str, text: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(text.encode())
        assert b" 400 " in connection.recv(1024)
