"""A test leaves nothing to the next one or to the machine."""

import pytest

from tests.plugin.conftest import RunTests

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("_order", ["once", "and again"])
def test_each_test_has_its_own_database(run_tests: RunTests, _order: str) -> None:
    result = run_tests("""
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_people(time, persona, admin):
            sent = {"email": "ann@example.org", "password": "a long enough password"}
            answer = persona("anna").client.post("/api/v1/auth/register", json=sent)
            assert answer.status_code == 201
            people = admin.client.get("/api/v1/admin/users").json["users"]
            assert len(people) == 2
            gone = admin.client.delete(f"/api/v1/admin/personas/{persona('anna').user.id}")
            assert gone.status_code == 200
        """)

    result.assert_outcomes(passed=2)


def test_sessions_limits_mail_metrics_and_settings_end_with_the_test(run_tests: RunTests) -> None:
    result = run_tests("""
        import pytest
        from pathlib import Path
        from personas.auth.mail import Outbox

        tokens = []

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(time, personas_app, persona, admin):
            client = personas_app.test_client()
            mailbox = Path(personas_app.instance_path, "mailbox")
            assert not mailbox.exists()
            assert personas_app.config.get("LEFT") is None
            personas_app.config["LEFT"] = "behind"
            for token in tokens:
                headers = {"Authorization": f"Bearer {token}"}
                assert client.get("/api/v1/auth/session", headers=headers).status_code == 401
            tokens.append(admin.token)
            wrong = {"email": "ann@example.org", "password": "wrong"}
            tried = [client.post("/api/v1/auth/login", json=wrong).status_code for _ in range(11)]
            assert tried == [401] * 10 + [429]
            client.post("/api/v1/auth/register", json=wrong | {"password": "a long enough one"})
            personas_app.extensions["personas"][Outbox].wait()
            assert "ann@example.org" in mailbox.read_text()
            numbers = client.get("/metrics").text
            assert 'personas_logins_total{result="limited"} 1.0' in numbers
        """)

    result.assert_outcomes(passed=2)


def test_only_the_template_file_is_left_behind(
    run_tests: RunTests, pytester: pytest.Pytester
) -> None:
    base = pytester.path / "base"
    result = run_tests("def test_anna(persona): persona('anna')", f"--basetemp={base}")

    result.assert_outcomes(passed=1)
    files = [path for path in base.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["template.db"]
    assert files[0].stat().st_mode & 0o077 == 0


def test_the_database_of_the_environment_is_not_touched(
    run_tests: RunTests, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = pytester.path / "precious.db"
    monkeypatch.setenv("PERSONAS_ENV", "production")
    monkeypatch.setenv("PERSONAS_DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv("PERSONA_SEED_SECRET", "the secret of a real service, thirty-two bytes")
    result = run_tests("""
        def test_anna(persona):
            assert persona("anna").password == "1FJ7w8KbjK5CWVa8NqfobexAFNuQKxiA"
        """)

    result.assert_outcomes(passed=1)
    assert not database.exists()


def test_commands_work_on_the_tests_database(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_list(personas_app):
            result = personas_app.test_cli_runner().invoke(args=["personas", "list"])
            assert "10 personas, 7 archetypes" in result.output
        """)

    result.assert_outcomes(passed=1)


def test_the_in_process_service_serves_browsers_for_the_whole_session(run_tests: RunTests) -> None:
    result = run_tests("""
        import urllib.request

        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_login(time, persona, _personas_service):
            with urllib.request.urlopen(f"{_personas_service.url}/me") as answer:
                assert answer.url == f"{_personas_service.url}/login?next=/me"
        """)

    result.assert_outcomes(passed=2)
