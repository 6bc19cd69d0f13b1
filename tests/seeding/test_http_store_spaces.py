"""Seeding spaces through a service: sessions of the personas are opened only where they are needed,
are never limited, and end afterwards."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from werkzeug import Request

from personas.auth.limit import LOGIN_BY_EMAIL, Limits
from personas.client.accounts import Session
from personas.seeding.catalog import SpaceEntry
from personas.seeding.http_store import HttpStore
from personas.seeding.store import SeedingError
from personas.state import state_of
from personas.user.stamp import HUMAN
from tests.persona.watch import contents
from tests.seeding.catalogs import listed, member, space, write_catalog
from tests.server import problem, serve
from tests.service import Service, register, run

pytestmark = pytest.mark.slow

ZOE, ABE = "persona.zoe@mana.test", "persona.abe@mana.test"
Answer = Callable[[Request], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog of two spaces, Zoe's with Abe, and Abe's with Zoe."""
    spaces = [space("a", members=[member("abe")]), space("b", owner="abe", members=[member("zoe")])]
    return write_catalog(tmp_path, listed("Zoe"), listed("Abe"), spaces=spaces)


class Proxy:
    """Records the requests to a service, and may answer some of them itself."""

    def __init__(self, app: Flask, answer: Answer = lambda _: None) -> None:
        self._app, self._answer = app, answer
        self.requests: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.requests.append(f"{request.method} {request.path}")
        return (self._answer(request) or self._app)(environ, start)


def seed(app: Flask, service: Service, proxy: Proxy, path: Path, *args: str) -> Result:
    with serve(proxy) as url:
        there = Service(service.app, url, service.token)
        return run(app, "seed", "--catalog", path, *args, to=there)


def sessions(service: Service) -> int:
    """How many sessions are open, besides the admin's."""
    return len(contents(service.app)["sessions"]) - 1


def test_each_persona_logs_in_and_out_once(app: Flask, service: Service, path: Path) -> None:
    proxy = Proxy(service.app)
    result = seed(app, service, proxy, path)

    assert result.exit_code == 0
    assert proxy.requests.count("POST /api/v1/auth/login") == 2
    assert proxy.requests[-2:] == ["POST /api/v1/auth/logout"] * 2
    assert sessions(service) == 0


def test_an_unchanged_catalog_opens_no_session_and_sends_few_requests(
    app: Flask, service: Service, path: Path
) -> None:
    seed(app, service, Proxy(service.app), path)
    proxy = Proxy(service.app)
    seed(app, service, proxy, path)
    dry = Proxy(service.app)
    seed(app, service, dry, path, "--dry-run")

    assert proxy.requests == dry.requests
    assert proxy.requests == [
        "GET /api/v1/admin/personas",
        *["POST /api/v1/admin/personas"] * 2,
        *["GET /api/v1/admin/spaces"] * 5,
    ]


def test_a_dry_run_opens_no_session(app: Flask, service: Service, path: Path) -> None:
    proxy = Proxy(service.app)
    seed(app, service, proxy, path, "--dry-run")

    assert not [request for request in proxy.requests if "/auth/" in request]


def test_sessions_end_after_a_failure(app: Flask, service: Service, path: Path) -> None:
    def refuse(request: Request) -> Any:
        is_first = request.path.endswith("/accept") and not refused
        refused.extend([True] if is_first else [])
        return problem(500, "Not today.") if is_first else None

    refused: list[bool] = []
    result = seed(app, service, Proxy(service.app, refuse), path)
    again = seed(app, service, Proxy(service.app), path)

    assert result.exit_code == 1
    assert f"failed     member {ABE} of a  Not today.\n" in result.stdout
    assert f"created    member {ZOE} of b  (member)\n" in result.stdout
    assert sessions(service) == 0
    assert again.exit_code == 0
    assert f"created    member {ABE} of a  (member)\n" in again.stdout


def test_a_failed_logout_does_not_fail_the_seed(app: Flask, service: Service, path: Path) -> None:
    def refuse(request: Request) -> Any:
        return problem(500) if request.path.endswith("/logout") else None

    result = seed(app, service, Proxy(service.app, refuse), path)

    assert (result.exit_code, result.stderr) == (0, "")


def test_logins_of_personas_are_not_limited(app: Flask, service: Service, path: Path) -> None:
    with service.app.app_context():
        for _ in range(LOGIN_BY_EMAIL.amount):
            state_of(service.app)[Limits].count(LOGIN_BY_EMAIL, ZOE, "127.0.0.1")

    assert seed(app, service, Proxy(service.app), path).exit_code == 0


def test_each_space_fails_if_they_cannot_be_listed(
    app: Flask, service: Service, path: Path
) -> None:
    def refuse(request: Request) -> Any:
        return problem(403) if request.path == "/api/v1/admin/spaces" else None

    proxy = Proxy(service.app, refuse)
    result = seed(app, service, proxy, path)

    assert result.exit_code == 1
    assert "failed     space a  This account is not an admin.\n" in result.stdout
    assert "failed     space b  This account is not an admin.\n" in result.stdout
    assert "2 spaces failed\n2 created, 0 updated, 0 unchanged, 0 failed" in result.stdout
    assert proxy.requests[-1] == "GET /api/v1/admin/spaces"


def test_a_failed_listing_stops_a_cleanup_before_it_deletes(
    app: Flask, service: Service, path: Path
) -> None:
    def refuse(request: Request) -> Any:
        return problem(403) if request.path == "/api/v1/admin/spaces" else None

    seed(app, service, Proxy(service.app), path)
    with serve(Proxy(service.app, refuse)) as url:
        result = run(app, "cleanup", "--yes", to=Service(service.app, url, service.token))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("Error: This account is not an admin.\n")
    assert len(contents(service.app)["personas"]) == 2


def test_an_unreachable_service_gets_no_more_requests(app: Flask, service: Service) -> None:
    proxy = Proxy(service.app, lambda _: time.sleep(0.3))
    space = SpaceEntry(slug="a", name="A", type="family", owner=ZOE, members={})
    with serve(proxy) as url, Session(url, timeout=0.1) as session, app.app_context():
        store = HttpStore(session)
        with pytest.raises(SeedingError, match="no answer in time"):
            store.create_space(space)
        with pytest.raises(SeedingError, match="no answer in time"):
            store.remove_member("1", "2", owner=ZOE)

    assert proxy.requests == ["POST /api/v1/auth/login"]


def test_an_account_that_is_not_an_admin_seeds_nothing(
    app: Flask, service: Service, path: Path
) -> None:
    token = register(service.app, "ann@example.org", HUMAN)
    before = contents(service.app)
    result = run(app, "seed", "--catalog", path, to=Service(service.app, service.url, token))

    assert (result.exit_code, result.stdout) == (1, "")
    assert contents(service.app) == before
