"""What seeding spaces through a service takes: sessions of the personas, opened only where they
are needed, never limited, and ended again."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from werkzeug import Request

from personas.auth.limit import LOGIN_BY_EMAIL, Limits
from personas.client.client import Client
from personas.seeding.catalog import SpaceEntry
from personas.seeding.http_store import Remote
from personas.seeding.space_plan import Holder
from personas.seeding.spaces import Failed
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


class Between:
    """Stands before a service: keeps what it is asked, and answers itself where it likes."""

    def __init__(self, app: Flask, answer: Answer = lambda _: None) -> None:
        self._app, self._answer = app, answer
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        self.asked.append(f"{request.method} {request.path}")
        return (self._answer(request) or self._app)(environ, start)


def seed(app: Flask, service: Service, between: Between, path: Path, *args: str) -> Result:
    with serve(between) as url:
        there = Service(service.app, url, service.token)
        return run(app, "seed", "--catalog", path, *args, to=there)


def sessions(service: Service) -> int:
    """How many are open, besides the admin's."""
    return len(contents(service.app)["sessions"]) - 1


def test_each_persona_logs_in_once_and_out_again(app: Flask, service: Service, path: Path) -> None:
    between = Between(service.app)
    result = seed(app, service, between, path)

    assert result.exit_code == 0
    assert between.asked.count("POST /api/v1/auth/login") == 2
    assert between.asked[-2:] == ["POST /api/v1/auth/logout"] * 2
    assert sessions(service) == 0


def test_an_unchanged_catalog_opens_no_session_and_asks_little(
    app: Flask, service: Service, path: Path
) -> None:
    seed(app, service, Between(service.app), path)
    between = Between(service.app)
    seed(app, service, between, path)
    dry = Between(service.app)
    seed(app, service, dry, path, "--dry-run")

    assert between.asked == dry.asked
    assert between.asked == [
        "GET /api/v1/admin/personas",
        *["POST /api/v1/admin/personas"] * 2,
        *["GET /api/v1/admin/spaces"] * 5,
    ]


def test_a_dry_run_opens_no_session(app: Flask, service: Service, path: Path) -> None:
    between = Between(service.app)
    seed(app, service, between, path, "--dry-run")

    assert not [asked for asked in between.asked if "/auth/" in asked]


def test_sessions_end_after_a_failure_too(app: Flask, service: Service, path: Path) -> None:
    def refuse(request: Request) -> Any:
        is_first = request.path.endswith("/accept") and not refused
        refused.extend([True] if is_first else [])
        return problem(500, "Not today.") if is_first else None

    refused: list[bool] = []
    result = seed(app, service, Between(service.app, refuse), path)
    again = seed(app, service, Between(service.app), path)

    assert result.exit_code == 1
    assert f"failed     member {ABE} of a  Not today.\n" in result.stdout
    assert f"created    member {ZOE} of b  (member)\n" in result.stdout
    assert sessions(service) == 0
    assert again.exit_code == 0
    assert f"created    member {ABE} of a  (member)\n" in again.stdout


def test_a_logout_that_fails_is_no_failure(app: Flask, service: Service, path: Path) -> None:
    def refuse(request: Request) -> Any:
        return problem(500) if request.path.endswith("/logout") else None

    result = seed(app, service, Between(service.app, refuse), path)

    assert (result.exit_code, result.stderr) == (0, "")


def test_logins_of_personas_are_not_limited(app: Flask, service: Service, path: Path) -> None:
    with service.app.app_context():
        for _ in range(LOGIN_BY_EMAIL.amount):
            state_of(service.app)[Limits].count(LOGIN_BY_EMAIL, ZOE, "127.0.0.1")

    assert seed(app, service, Between(service.app), path).exit_code == 0


def test_where_spaces_cannot_be_listed_each_fails_for_that(
    app: Flask, service: Service, path: Path
) -> None:
    def refuse(request: Request) -> Any:
        return problem(403) if request.path == "/api/v1/admin/spaces" else None

    between = Between(service.app, refuse)
    result = seed(app, service, between, path)

    assert result.exit_code == 1
    assert "failed     space a  This account is not an admin.\n" in result.stdout
    assert "failed     space b  This account is not an admin.\n" in result.stdout
    assert "2 spaces failed\n2 created, 0 updated, 0 unchanged, 0 failed" in result.stdout
    assert between.asked[-1] == "GET /api/v1/admin/spaces"


def test_a_listing_that_fails_stops_a_cleanup_before_it_begins(
    app: Flask, service: Service, path: Path
) -> None:
    def refuse(request: Request) -> Any:
        return problem(403) if request.path == "/api/v1/admin/spaces" else None

    seed(app, service, Between(service.app), path)
    with serve(Between(service.app, refuse)) as url:
        result = run(app, "cleanup", "--yes", to=Service(service.app, url, service.token))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("Error: This account is not an admin.\n")
    assert len(contents(service.app)["personas"]) == 2


def test_where_the_service_goes_away_the_rest_is_not_asked_for(
    app: Flask, service: Service
) -> None:
    between = Between(service.app, lambda _: time.sleep(0.3))
    wanted = SpaceEntry(slug="a", name="A", type="family", owner=ZOE, members={})
    with serve(between) as url, Client(url, timeout=0.1) as client, app.app_context():
        place = Remote(client)
        with pytest.raises(Failed, match="no answer in time"):
            place.create_space(wanted)
        with pytest.raises(Failed, match="no answer in time"):
            place.remove_member("1", Holder("2", "member"), owner=ZOE)

    assert between.asked == ["POST /api/v1/auth/login"]


def test_who_is_no_admin_seeds_no_space(app: Flask, service: Service, path: Path) -> None:
    token = register(service.app, "ann@example.org", HUMAN)
    before = contents(service.app)
    result = run(app, "seed", "--catalog", path, to=Service(service.app, service.url, token))

    assert (result.exit_code, result.stdout) == (1, "")
    assert contents(service.app) == before
