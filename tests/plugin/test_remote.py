"""The fixtures against a service that runs somewhere else."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug import Response

from personas.user.stamp import ADMIN, HUMAN
from tests.plugin.conftest import Play
from tests.server import Script, serve
from tests.service import Service, register

CLONE = "persona.anna+master@mana.test"


@pytest.fixture
def service(app: Flask) -> Iterator[Service]:
    token = register(app, "admin@example.org", ADMIN)
    with serve(app) as url:
        yield Service(app, url, token)


@pytest.fixture
def token_in_environment(monkeypatch: pytest.MonkeyPatch, play: Play, service: Service) -> None:  # noqa: ARG001  play clears it
    monkeypatch.setenv("PERSONAS_ADMIN_JWT", service.token)


pytestmark = pytest.mark.usefixtures("token_in_environment")


def test_a_worker_plays_a_clone_of_its_own_and_deletes_it(play: Play, service: Service) -> None:
    done = play(
        f"""
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_anna(time, persona, any_persona):
            anna = persona("anna")
            assert any_persona(archetype="adhd-student") is anna
            assert anna.email == anna.user.email == "{CLONE}"
            assert (anna.user.name, anna.user.kind) == ("Anna", "persona")
            assert anna.user.access_tier == "founder"
            answer = anna.client.get("/api/v1/auth/session")
            assert answer.json()["user"]["id"] == anna.user.id
            assert "{CLONE}" in anna.client.get("/me").text
            assert anna.client.get("/api/v1/admin/personas").status_code == 403
            sent = {{"email": anna.email, "password": anna.password}}
            assert anna.client.post("/api/v1/auth/login", json=sent).status_code == 200
            assert anna.client.post("/api/v1/auth/logout").status_code == 204

        def test_admin(admin):
            assert admin.email == "admin@example.org"
            assert admin.password is None
            rows = admin.client.get("/api/v1/admin/personas").json()["personas"]
            assert [row["email"] for row in rows] == ["{CLONE}"]
        """,
        "--personas-url",
        service.url,
    )

    done.assert_outcomes(passed=3)
    assert _live(service) == []


def test_the_worker_is_named_in_the_clone(
    play: Play, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw7")
    done = play(
        """
        def test_anna(persona):
            assert persona("anna").email == "persona.anna+gw7@mana.test"
        """,
        f"--personas-url={service.url}",
    )

    done.assert_outcomes(passed=1)


def test_what_a_killed_run_left_behind_is_taken_over(play: Play, service: Service) -> None:
    lines = """
        def test_anna(persona):
            assert persona("anna").client.get("/api/v1/auth/session").status_code == 200
        """
    left = {
        "email": CLONE,
        "name": "Somebody",
        "password": "the password of the run before",
        "archetype": "solo-dev",
        "systemPrompt": "You are somebody else than before.",
        "moduleMix": {"todo": 1},
    }
    headers = {"Authorization": f"Bearer {service.token}"}
    client = service.app.test_client()
    assert client.post("/api/v1/admin/personas", json=left, headers=headers).status_code == 201

    play(lines, f"--personas-url={service.url}").assert_outcomes(passed=1)

    assert _live(service) == []


def test_no_persona_of_the_service_is_touched(play: Play, service: Service) -> None:
    runner = service.app.test_cli_runner()
    assert runner.invoke(args=["personas", "seed"]).exit_code == 0
    before = _live(service)

    done = play("def test_anna(persona): persona('anna')", f"--personas-url={service.url}")

    done.assert_outcomes(passed=1)
    assert _live(service) == before


def test_what_is_in_process_is_skipped(play: Play, service: Service) -> None:
    done = play("def test_app(personas_app): pass", "-rs", f"--personas-url={service.url}")

    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(
        ["*personas_app needs the service in process; run without --personas-url"]
    )


def test_a_clone_that_is_left_behind_is_named(play: Play, service: Service) -> None:
    done = play(
        """
        def test_anna(persona, admin):
            persona("anna")
            assert admin.client.post("/api/v1/auth/logout").status_code == 204
        """,
        f"--personas-url={service.url}",
    )

    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines([f"*Cannot delete {CLONE}: The token is invalid*"])


def test_a_clone_that_somebody_else_has_deleted_is_gone(play: Play, service: Service) -> None:
    done = play(
        """
        def test_anna(persona, admin):
            gone = admin.client.delete(f"/api/v1/admin/personas/{persona('anna').user.id}")
            assert gone.status_code == 200
        """,
        f"--personas-url={service.url}",
    )

    done.assert_outcomes(passed=1)


@pytest.mark.parametrize("fixture", ["persona('anna')", "admin()"])
def test_a_token_that_is_no_admins_is_told(play: Play, service: Service, fixture: str) -> None:
    lines = """
        def test_it(persona, request):
            admin = lambda: request.getfixturevalue("admin")
            """
    done = play(
        f"{lines}{fixture}",
        f"--personas-url={service.url}",
        "--personas-admin-token=eyJnot.a.token",
    )

    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*The token is invalid or expired.*"])
    assert "eyJnot" not in done.stdout.str()


def test_a_human_is_no_admin(play: Play, service: Service) -> None:
    token = register(service.app, "ann@example.org", HUMAN)
    done = play(
        "def test_anna(persona): persona('anna')",
        f"--personas-url={service.url}",
        f"--personas-admin-token={token}",
    )

    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*This account is not an admin."])


def test_a_url_without_a_token_stops_the_run(
    play: Play, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PERSONAS_ADMIN_JWT")
    done = play("def test_it(): pass", f"--personas-url={service.url}")

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(
        ["*--personas-url needs an admin's access token. Set PERSONAS_ADMIN_JWT *"]
    )


def test_what_is_no_url_is_told(play: Play) -> None:
    done = play("def test_it(persona): pass", "--personas-url=localhost:5000")

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*--personas-url is not a URL like https://*"])


def test_a_service_of_another_kind_is_told(play: Play) -> None:
    with serve(Script(Response("hello"))) as url:
        done = play("def test_it(admin): pass", f"--personas-url={url}")

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*does not answer like a personas service*"])


def _live(service: Service) -> list[str]:
    result = service.app.test_cli_runner().invoke(args=["personas", "list", "--json"])
    return [row["email"] for row in json.loads(result.output)]
