"""The options `--auth` and `--jwt`: how the token is passed, and the errors."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from werkzeug import Response

from personas.cli.store import open_store
from personas.user.stamp import HUMAN
from tests.server import Script, answer, serve
from tests.service import Service, register, run

VARIABLE = "PERSONAS_ADMIN_JWT"


def test_the_token_comes_from_stdin_or_the_environment(
    app: Flask, service: Service, path: Path
) -> None:
    command = ("seed", "--catalog", path, "--auth", service.url)
    by_input = run(app, *command, "--jwt", "-", input=f"{service.token}\n")
    by_variable = run(app, *command, env={VARIABLE: service.token})

    assert by_input.exit_code == 0
    assert by_variable.exit_code == 0
    assert "0 created, 0 updated, 2 unchanged" in by_variable.stdout


def test_the_line_after_the_token_answers_the_confirmation(
    app: Flask, service: Service, path: Path
) -> None:
    run(app, "seed", "--catalog", path, to=service)
    command = ("cleanup", "--catalog", path, "--auth", service.url, "--jwt", "-")
    no = run(app, *command, input=f"{service.token}\nn\n")
    end = run(app, *command, input=f"{service.token}\n")
    yes = run(app, *command, input=f"{service.token}\ny\n")

    assert [no.exit_code, end.exit_code, yes.exit_code] == [1, 1, 0]
    assert "2 personas deleted" in yes.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--auth", "http://localhost"], VARIABLE),
        (["--auth", "http://localhost"], "--jwt -"),
        (["--auth", "http://localhost"], "--jwt TOKEN"),
        (["--auth", "http://localhost", "--jwt", "-"], VARIABLE),
        (["--jwt", "token"], "--jwt requires --auth URL."),
        (["--auth", "localhost:5000", "--jwt", "token"], "is not a URL like"),
        (["--auth", "", "--jwt", "token"], "is not a URL like"),
    ],
)
@pytest.mark.parametrize("command", ["seed", "cleanup"])
def test_wrong_use_of_the_options_is_refused(
    runner: FlaskCliRunner, command: str, options: list[str], message: str
) -> None:
    result = runner.invoke(args=["personas", command, *options])

    assert result.exit_code == 2
    assert message in result.stderr


def test_the_variable_without_auth_is_ignored(app: Flask, path: Path) -> None:
    result = run(app, "seed", "--catalog", path, env={VARIABLE: "token"})

    assert result.exit_code == 0
    assert "unknown setting" not in result.stderr


@pytest.mark.parametrize("command", ["seed", "cleanup"])
def test_an_invalid_token_is_reported_in_one_sentence(
    app: Flask, service: Service, command: str
) -> None:
    result = run(app, command, to=Service(service.app, service.url, "wrong"))

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: The token is invalid or expired. ")


@pytest.mark.parametrize("command", ["seed", "cleanup"])
def test_a_token_of_a_non_admin_is_reported_in_one_sentence(
    app: Flask, service: Service, command: str
) -> None:
    token = register(service.app, "ann@example.org", HUMAN)
    result = run(app, command, to=Service(service.app, service.url, token))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: This account is not an admin.\n"


@pytest.mark.parametrize("command", ["seed", "cleanup"])
def test_an_unreachable_service_is_reported_in_one_sentence(app: Flask, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    result = run(app, command, to=Service(app, url, "token"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: Cannot reach {url}: Connection refused.\n"


@pytest.mark.parametrize(
    "other",
    [
        Response("<h1>It works!</h1>", content_type="text/html"),
        Response("<h1>Not found</h1>", 404, content_type="text/html"),
        answer({"users": []}),
        answer({}, 302, location="http://127.0.0.1:1/"),
    ],
)
def test_a_service_that_is_not_personas_is_reported(app: Flask, other: Response) -> None:
    with serve(Script(other)) as url:
        result = run(app, "seed", to=Service(app, url, "token"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Error: {url} does not answer like a personas service" in result.stderr


@pytest.mark.parametrize("url", ["http://10.1.2.3", "https://localhost.example.org"])
def test_the_published_seed_secret_is_refused_for_other_machines(app: Flask, url: str) -> None:
    """The fixture `no_network` would fail this test if anything were sent."""
    result = run(app, "seed", "--dry-run", to=Service(app, url, "token"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert "PERSONA_SEED_SECRET" in result.stderr


def test_a_token_over_plain_http_causes_a_warning(app: Flask) -> None:
    result = run(app, "seed", to=Service(app, "http://10.1.2.3", "token"))

    assert "warning: the token is sent in clear text to http://10.1.2.3\n" in result.stderr


@pytest.mark.slow
def test_a_command_without_auth_does_not_import_httpx() -> None:
    code = "import sys, personas.app; print('httpx' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert result.stdout == "False\n", result.stderr


def test_sigterm_ends_the_command_and_restores_the_handler(app: Flask, service: Service) -> None:
    def be_terminated() -> None:
        with open_store(service.url, service.token):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)

    with app.app_context(), pytest.raises(SystemExit) as exit_info:
        be_terminated()

    assert exit_info.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
