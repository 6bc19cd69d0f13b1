"""`flask personas create-admin`."""

from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from tests.conftest import CreateApp
from tests.people import PASSWORD, Account
from tests.persona.watch import account, contents

EMAIL = "zed@example.org"


def run(runner: FlaskCliRunner, *args: str, **options: Any) -> Result:
    return runner.invoke(args=["personas", "create-admin", *args], **options)


def can_log_in(client: FlaskClient, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": EMAIL, "password": password})
    return answer.status_code == 200


def test_it_prompts_for_the_password_twice(
    app: Flask, client: FlaskClient, runner: FlaskCliRunner
) -> None:
    result = run(runner, "Zed@Example.ORG", input=f"{PASSWORD}\n{PASSWORD}\n")

    stored = account(app, EMAIL)
    assert result.exit_code == 0
    assert f"{EMAIL} is an admin now." in result.stdout
    assert PASSWORD not in result.output
    assert stored is not None
    assert (stored["kind"], stored["role"], stored["access_tier"]) == ("human", "admin", "public")
    assert can_log_in(client, PASSWORD)


def test_a_new_admin_can_use_the_admin_api(client: FlaskClient, runner: FlaskCliRunner) -> None:
    run(runner, EMAIL, "--password-stdin", input=PASSWORD)
    login = {"email": EMAIL, "password": PASSWORD}
    token = client.post("/api/v1/auth/login", json=login).get_json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}

    assert client.get("/api/v1/admin/personas", headers=bearer).status_code == 200


def test_the_audit_log_names_the_command_line_as_actor(
    client: FlaskClient, runner: FlaskCliRunner, admin: Account
) -> None:
    run(runner, EMAIL, "--password-stdin", input=PASSWORD)
    answer = client.get("/api/v1/admin/audit?actor=cli", headers=admin.headers)

    [event] = answer.get_json()["events"]
    assert event["action"] == "user.create"
    assert event["after"]["role"] == "admin"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nanother line\n"])
def test_the_first_line_of_stdin_is_the_password(
    client: FlaskClient, runner: FlaskCliRunner, ending: str
) -> None:
    result = run(runner, EMAIL, "--password-stdin", input=f" {PASSWORD}ä🔑 {ending}")

    assert result.exit_code == 0
    assert result.stdout == f"{EMAIL} is an admin now.\n"
    assert can_log_in(client, f" {PASSWORD}ä🔑 ")


@pytest.mark.parametrize("email", ["admin@example.org", "ADMIN@Example.org", "ann@example.org"])
@pytest.mark.usefixtures("admin", "ann")
def test_a_registered_email_is_refused_without_changes(
    app: Flask, runner: FlaskCliRunner, email: str
) -> None:
    before = contents(app)
    result = run(runner, email, "--password-stdin", input="another long password")
    without_password = run(runner, email, input="")

    assert result.exit_code == without_password.exit_code == 1
    assert "already exists" in result.stderr
    assert result.stdout == without_password.stdout == ""
    assert contents(app) == before


def test_a_persona_cannot_become_an_admin(
    app: Flask, runner: FlaskCliRunner, create_persona: Any
) -> None:
    bob = create_persona()
    before = contents(app)
    result = run(runner, bob.email, "--password-stdin", input=PASSWORD)

    assert result.exit_code == 1
    assert contents(app) == before


def test_an_invalid_password_is_refused(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for password in ("", "\n", "short", "x" * 14, "x" * 129, "x" * 20 + "\0"):
        result = run(runner, EMAIL, "--password-stdin", input=password)

        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("Error: password: ")
        assert not password.strip() or password not in result.stderr
    assert contents(app) == before


def test_a_short_password_error_states_the_minimum_length(runner: FlaskCliRunner) -> None:
    result = run(runner, EMAIL, input="short\nshort\n")

    assert result.exit_code == 1
    assert "password: Must have at least 15 characters." in result.stderr


def test_the_minimum_password_length_is_a_setting(make_app: CreateApp) -> None:
    runner = make_app(password_min_length="20").test_cli_runner()

    assert run(runner, EMAIL, "--password-stdin", input="x" * 19).exit_code == 1
    assert run(runner, EMAIL, "--password-stdin", input="x" * 20).exit_code == 0


def test_an_invalid_email_is_refused(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for email in ("zed", "@", "zed@", "@example.org", "zed@exämple.org", "zed @example.org", ""):
        result = run(runner, email, "--password-stdin", input=PASSWORD)

        assert result.exit_code == 1
        assert "valid e-mail" in result.stderr
    assert contents(app) == before


def test_an_unanswered_prompt_creates_no_account(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for typed in ("", f"{PASSWORD}\n", f"{PASSWORD}\nanother\n"):
        result = run(runner, EMAIL, input=typed)

        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
    assert contents(app) == before


@pytest.mark.parametrize("options", [["--password-stdin"], []])
def test_a_password_that_is_not_utf8_is_refused_in_one_sentence(
    app: Flask, runner: FlaskCliRunner, options: list[str]
) -> None:
    before = contents(app)
    line = PASSWORD.encode() + b"\xff\xfe\n"
    result = run(runner, EMAIL, *options, input=line * 2)

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    assert contents(app) == before
