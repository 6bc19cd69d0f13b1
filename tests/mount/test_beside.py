"""The service leaves the host's tables, pages, hooks, cookies, errors and logs unchanged."""

import logging
import sqlite3  # noqa: TID251  the host's own library, for the host's own file
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from personas import Personas
from personas.auth.mail import Outbox
from personas.database.engine import db as our_db
from personas.state import state_of
from tests.mount import host as hosts
from tests.mount.conftest import CreateHost
from tests.mount.test_guard import Register
from tests.people import PASSWORD
from tests.production import settings

SESSION = "/personas/api/v1/auth/session"


def test_mounting_changes_three_things_of_the_host(tmp_path: Path) -> None:
    plain, host = (hosts.create_host(tmp_path) for _ in range(2))

    Personas(host, environment="test", values={})

    assert host.extensions.keys() - plain.extensions.keys() == {"personas"}
    assert host.cli.commands.keys() - plain.cli.commands.keys() == {"personas"}
    assert host.wsgi_app != plain.wsgi_app
    assert str(host.url_map) == str(plain.url_map)
    assert host.config.keys() == plain.config.keys()
    assert host.blueprints.keys() == plain.blueprints.keys()
    for hooks in ("before_request_funcs", "after_request_funcs", "teardown_appcontext_funcs"):
        ours, theirs = getattr(host, hooks), getattr(plain, hooks)
        assert len(ours) == len(theirs)
    assert host.error_handler_spec.keys() == plain.error_handler_spec.keys()
    assert list(tmp_path.iterdir()) == []


def test_a_view_uses_the_hosts_tables_and_cookies(
    instance: Path, visitor: FlaskClient, register: Register
) -> None:
    ann = register()

    answer = visitor.get("/nickname/Annie", headers=ann.headers)

    assert answer.get_json() == {"rows": 1, "id": ann.id, "g": "the host's"}
    assert [cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")] == ["session"]
    with closing(sqlite3.connect(instance / "host.db")) as file:
        tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    assert tables == {"users"}


def test_the_hosts_pages_keep_their_headers_and_errors(visitor: FlaskClient) -> None:
    ours, missing, broken = (visitor.get(path) for path in (SESSION, "/nowhere", "/broken"))

    assert (ours.status_code, ours.content_type) == (401, "application/problem+json")
    assert (missing.status_code, missing.text) == (404, "the host has no such page")
    assert (broken.status_code, broken.text) == (500, "the host went wrong")
    assert "Content-Security-Policy" in ours.headers
    assert set(missing.headers.keys()) == {"Content-Type", "Content-Length"}


def test_the_host_does_not_see_requests_to_the_service(host: Flask, visitor: FlaskClient) -> None:
    visitor.get(SESSION)
    visitor.get("/personas/nowhere")

    assert host.config["REQUESTS"] == []
    assert not [rule for rule in host.url_map.iter_rules() if "auth" in rule.rule]


def test_the_hosts_context_is_restored_after_an_account_lookup(
    host: Flask, register: Register
) -> None:
    with host.test_request_context("/beta", headers=register("x@example.org").headers):
        with pytest.raises(Exception, match="This requires the tier beta"):
            host.ensure_sync(host.view_functions["beta"])()

        assert current_app == host
    assert not current_app


def test_the_database_session_is_closed_after_an_account_lookup(
    host: Flask, register: Register
) -> None:
    ann, visitor = register(), host.test_client(use_cookies=False)
    for _ in range(20):
        visitor.get("/members", headers=ann.headers)

    with host.extensions["personas"].app_context():
        assert our_db.engine.pool.status().endswith("Current Checked out connections: 0")


def test_in_production_the_hosts_logging_is_unchanged(
    make_host: CreateHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, servers = logging.getLogger("personas"), logging.getLogger("werkzeug")
    monkeypatch.setattr(ours, "handlers", [])
    monkeypatch.setattr(ours, "propagate", False)  # as if the host had set up no logging
    monkeypatch.setattr(servers, "level", logging.INFO)

    host = make_host(environment="production", values=settings(tmp_path))

    assert host.test_client().get("/personas/healthz").status_code == 200
    assert servers.level == logging.INFO
    assert logging.getLogger("host").handlers == []


def test_links_in_mail_contain_the_prefix(instance: Path, visitor: FlaskClient) -> None:
    ann = {"email": "ann@example.org", "password": PASSWORD}
    visitor.post("/personas/api/v1/auth/register", json=ann)

    service = visitor.application.extensions["personas"]
    state_of(service)[Outbox].wait()

    assert (
        "http://localhost:5000/personas/verify-email#token=" in (instance / "mailbox").read_text()
    )


@pytest.mark.parametrize(
    ("url", "is_warned"),
    [("https://example.org", True), ("https://example.org/personas/", False), (None, False)],
)
def test_a_url_without_the_prefix_causes_a_warning(
    caplog: pytest.LogCaptureFixture, url: str | None, is_warned: bool
) -> None:
    values = {"PERSONAS_URL": url} if url else {}

    Personas(Flask("host"), environment="test", values=values)

    assert ("PERSONAS_URL must end with /personas" in caplog.text) == is_warned
