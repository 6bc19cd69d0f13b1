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


def logs_in(client: FlaskClient, password: str) -> bool:
    answer = client.post("/api/v1/auth/login", json={"email": EMAIL, "password": password})
    return answer.status_code == 200


def test_it_asks_for_the_password_twice(
    app: Flask, client: FlaskClient, runner: FlaskCliRunner
) -> None:
    result = run(runner, "Zed@Example.ORG", input=f"{PASSWORD}\n{PASSWORD}\n")

    stored = account(app, EMAIL)
    assert result.exit_code == 0
    assert f"{EMAIL} is an admin now." in result.stdout
    assert PASSWORD not in result.output
    assert stored is not None
    assert (stored["kind"], stored["role"], stored["access_tier"]) == ("human", "admin", "public")
    assert logs_in(client, PASSWORD)


def test_a_new_admin_may_do_what_admins_may(client: FlaskClient, runner: FlaskCliRunner) -> None:
    run(runner, EMAIL, "--password-stdin", input=PASSWORD)
    login = {"email": EMAIL, "password": PASSWORD}
    token = client.post("/api/v1/auth/login", json=login).get_json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}

    assert client.get("/api/v1/admin/personas", headers=bearer).status_code == 200


def test_it_is_recorded_as_the_command_line_s_work(
    client: FlaskClient, runner: FlaskCliRunner, admin: Account
) -> None:
    run(runner, EMAIL, "--password-stdin", input=PASSWORD)
    found = client.get("/api/v1/admin/audit?actor=cli", headers=admin.headers)

    [event] = found.get_json()["events"]
    assert event["action"] == "user.create"
    assert event["after"]["role"] == "admin"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nanother line\n"])
def test_the_first_line_of_stdin_is_the_password(
    client: FlaskClient, runner: FlaskCliRunner, ending: str
) -> None:
    result = run(runner, EMAIL, "--password-stdin", input=f" {PASSWORD}ä🔑 {ending}")

    assert result.exit_code == 0
    assert result.stdout == f"{EMAIL} is an admin now.\n"
    assert logs_in(client, f" {PASSWORD}ä🔑 ")


@pytest.mark.parametrize("email", ["admin@example.org", "ADMIN@Example.org", "ann@example.org"])
@pytest.mark.usefixtures("admin", "ann")
def test_a_known_email_is_said_and_nothing_changed(
    app: Flask, runner: FlaskCliRunner, email: str
) -> None:
    before = contents(app)
    result = run(runner, email, "--password-stdin", input="another long password")
    unasked = run(runner, email, input="")

    assert result.exit_code == unasked.exit_code == 1
    assert "already exists" in result.stderr
    assert result.stdout == unasked.stdout == ""
    assert contents(app) == before


def test_a_persona_is_not_made_an_admin(
    app: Flask, runner: FlaskCliRunner, create_persona: Any
) -> None:
    bob = create_persona()
    before = contents(app)
    result = run(runner, bob.email, "--password-stdin", input=PASSWORD)

    assert result.exit_code == 1
    assert contents(app) == before


def test_a_bad_password_is_named(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for given in ("", "\n", "short", "x" * 14, "x" * 129, "x" * 20 + "\0"):
        result = run(runner, EMAIL, "--password-stdin", input=given)

        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("Error: password: ")
        assert not given.strip() or given not in result.stderr
    assert contents(app) == before


def test_a_short_password_is_said_to_be_too_short(runner: FlaskCliRunner) -> None:
    result = run(runner, EMAIL, input="short\nshort\n")

    assert result.exit_code == 1
    assert "password: Must have at least 15 characters." in result.stderr


def test_the_least_length_is_a_setting(make_app: CreateApp) -> None:
    runner = make_app(password_min_length="20").test_cli_runner()

    assert run(runner, EMAIL, "--password-stdin", input="x" * 19).exit_code == 1
    assert run(runner, EMAIL, "--password-stdin", input="x" * 20).exit_code == 0


def test_a_bad_email_is_named(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for email in ("zed", "@", "zed@", "@example.org", "zed@exämple.org", "zed @example.org", ""):
        result = run(runner, email, "--password-stdin", input=PASSWORD)

        assert result.exit_code == 1
        assert "valid e-mail" in result.stderr
    assert contents(app) == before


def test_a_question_that_is_not_answered_makes_nobody(app: Flask, runner: FlaskCliRunner) -> None:
    before = contents(app)
    for typed in ("", f"{PASSWORD}\n", f"{PASSWORD}\nanother\n"):
        result = run(runner, EMAIL, input=typed)

        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
    assert contents(app) == before


@pytest.mark.parametrize("options", [["--password-stdin"], []])
def test_a_password_that_is_not_utf8_is_refused_in_a_sentence(
    app: Flask, runner: FlaskCliRunner, options: list[str]
) -> None:
    before = contents(app)
    line = PASSWORD.encode() + b"\xff\xfe\n"
    result = run(runner, EMAIL, *options, input=line * 2)

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: ")
    assert contents(app) == before
