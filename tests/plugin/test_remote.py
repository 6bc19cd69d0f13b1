"""The fixtures against a running service."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug import Response

from personas.user.stamp import ADMIN, HUMAN
from tests.plugin.conftest import RunTests
from tests.server import Script, serve
from tests.service import Service, register

CLONE = "persona.anna+master@mana.test"


@pytest.fixture
def service(app: Flask) -> Iterator[Service]:
    token = register(app, "admin@example.org", ADMIN)
    with serve(app) as url:
        yield Service(app, url, token)


@pytest.fixture
def token_in_environment(
    monkeypatch: pytest.MonkeyPatch,
    run_tests: RunTests,  # noqa: ARG001  run_tests clears the variable
    service: Service,
) -> None:
    monkeypatch.setenv("PERSONAS_ADMIN_JWT", service.token)


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("token_in_environment")]


def test_a_worker_uses_its_own_clone_and_deletes_it(run_tests: RunTests, service: Service) -> None:
    result = run_tests(
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

    result.assert_outcomes(passed=3)
    assert _live(service) == []


def test_the_email_of_the_clone_names_the_worker(
    run_tests: RunTests, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw7")
    result = run_tests(
        """
        def test_anna(persona):
            assert persona("anna").email == "persona.anna+gw7@mana.test"
        """,
        f"--personas-url={service.url}",
    )

    result.assert_outcomes(passed=1)


def test_a_clone_left_by_a_killed_run_is_reused(run_tests: RunTests, service: Service) -> None:
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

    run_tests(lines, f"--personas-url={service.url}").assert_outcomes(passed=1)

    assert _live(service) == []


def test_existing_personas_of_the_service_are_not_changed(
    run_tests: RunTests, service: Service
) -> None:
    runner = service.app.test_cli_runner()
    assert runner.invoke(args=["personas", "seed"]).exit_code == 0
    before = _live(service)

    result = run_tests("def test_anna(persona): persona('anna')", f"--personas-url={service.url}")

    result.assert_outcomes(passed=1)
    assert _live(service) == before


def test_in_process_fixtures_are_skipped(run_tests: RunTests, service: Service) -> None:
    result = run_tests("def test_app(personas_app): pass", "-rs", f"--personas-url={service.url}")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        ["*personas_app needs the service in process; run without --personas-url"]
    )


def test_a_clone_that_cannot_be_deleted_is_reported(run_tests: RunTests, service: Service) -> None:
    result = run_tests(
        """
        def test_anna(persona, admin):
            persona("anna")
            assert admin.client.post("/api/v1/auth/logout").status_code == 204
        """,
        f"--personas-url={service.url}",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*Cannot delete {CLONE}: The token is invalid*"])


def test_a_clone_that_is_already_deleted_is_no_error(run_tests: RunTests, service: Service) -> None:
    result = run_tests(
        """
        def test_anna(persona, admin):
            gone = admin.client.delete(f"/api/v1/admin/personas/{persona('anna').user.id}")
            assert gone.status_code == 200
        """,
        f"--personas-url={service.url}",
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("fixture", ["persona('anna')", "admin()"])
def test_an_invalid_admin_token_is_reported(
    run_tests: RunTests, service: Service, fixture: str
) -> None:
    lines = """
        def test_it(persona, request):
            admin = lambda: request.getfixturevalue("admin")
            """
    result = run_tests(
        f"{lines}{fixture}",
        f"--personas-url={service.url}",
        "--personas-admin-token=eyJnot.a.token",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The token is invalid or expired.*"])
    assert "eyJnot" not in result.stdout.str()


def test_a_token_of_a_non_admin_is_reported(run_tests: RunTests, service: Service) -> None:
    token = register(service.app, "ann@example.org", HUMAN)
    result = run_tests(
        "def test_anna(persona): persona('anna')",
        f"--personas-url={service.url}",
        f"--personas-admin-token={token}",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*This account is not an admin."])


def test_a_url_without_a_token_stops_the_run(
    run_tests: RunTests, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PERSONAS_ADMIN_JWT")
    result = run_tests("def test_it(): pass", f"--personas-url={service.url}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*--personas-url needs an admin's access token. Set PERSONAS_ADMIN_JWT *"]
    )


def test_an_invalid_url_is_reported(run_tests: RunTests) -> None:
    result = run_tests("def test_it(persona): pass", "--personas-url=localhost:5000")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*--personas-url is not a URL like https://*"])


def test_a_service_that_is_not_personas_is_reported(run_tests: RunTests) -> None:
    with serve(Script(Response("hello"))) as url:
        result = run_tests("def test_it(admin): pass", f"--personas-url={url}")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*does not answer like a personas service*"])


def _live(service: Service) -> list[str]:
    result = service.app.test_cli_runner().invoke(args=["personas", "list", "--json"])
    return [row["email"] for row in json.loads(result.output)]
