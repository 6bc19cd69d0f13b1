"""A host of ten lines, on real servers and the real command line."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.people import PASSWORD
from tests.production import PATIENCE, environment, gunicorn, serve

pytestmark = pytest.mark.slow

HOST = """
from flask import Flask
from personas import Personas, current_account, requires

app = Flask(__name__)
Personas(app)

@app.get("/")
def index():
    return "open"

@app.get("/beta")
@requires(tier="beta")
def beta():
    return f"Welcome, {current_account().name}."
"""
PLAIN = ("-c", "plain.py", "--no-control-socket")  # gunicorn without our configuration
ANN = {"email": "ann@example.org", "password": PASSWORD}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(HOST)
    (tmp_path / "plain.py").touch()
    return tmp_path


def flask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=folder,
        env=environment(folder, {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def flask_run(folder: Path) -> Iterator[str]:
    """The host under `flask run`; gives its URL."""
    file = folder / "server.log"
    with file.open("wb") as log:
        command = [sys.executable, "-m", "flask", "run", "--port", "0"]
        process = subprocess.Popen(
            command, cwd=folder, env=environment(folder, {}), stderr=log, stdout=log
        )
    try:
        ends = time.monotonic() + PATIENCE
        while not (match := re.search(r"Running on (http://[0-9.:]+)", file.read_text())):
            assert time.monotonic() < ends, file.read_text()
            assert process.poll() is None, file.read_text()
            time.sleep(0.05)
        yield match[1]
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.mark.parametrize("arguments", ["--help", "routes", "run --help", "personas seed --help"])
def test_help_and_routes_write_nothing(folder: Path, arguments: str) -> None:
    result = flask(folder, *arguments.split())

    assert result.returncode == 0, result.stderr
    assert not (folder / "instance").exists()


def test_under_flask_run_a_persona_is_admitted_and_a_new_account_is_not(folder: Path) -> None:
    seeded = flask(folder, "personas", "seed")
    anna = flask(folder, "personas", "token", "anna").stdout.strip()

    with flask_run(folder) as url, httpx.Client(base_url=url) as http:
        ann = http.post("/personas/api/v1/auth/register", json=ANN).json()["token"]
        answers = [
            http.get("/beta", headers={"Authorization": f"Bearer {token}"}) for token in (anna, ann)
        ]

    assert "10 created" in seeded.stdout
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[0].text == "Welcome, Anna."


def test_an_unusable_database_stops_flask_run_with_one_sentence(folder: Path) -> None:
    (folder / "instance" / "personas.db").mkdir(parents=True)

    result = flask(folder, "run", "--port", "0")

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("Error: The database cannot be reached")
    assert "Traceback" not in result.stderr


def test_gunicorn_workers_start_together_on_an_empty_folder(folder: Path) -> None:
    values = {"PERSONAS_ENV": "development"}
    with (
        serve(folder, *PLAIN, "--workers", "3", app="app:app", values=values) as host,
        httpx.Client(base_url=host.url) as http,
    ):
        token = http.post("/personas/api/v1/auth/register", json=ANN).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        http.headers["Connection"] = "close"  # so that every worker gets requests
        answers = {http.get("/beta", headers=bearer).status_code for _ in range(30)}
        keys = {http.get("/personas/.well-known/jwks.json").text for _ in range(30)}

    assert answers == {403}
    assert len(keys) == 1
    assert "Traceback" not in host.log


def test_production_without_secrets_does_not_start(folder: Path) -> None:
    result = subprocess.run(
        gunicorn(*PLAIN, app="app:app"),
        cwd=folder,
        env=environment(folder, {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode != 0
    assert "personas cannot start in production:\n  PERSONA_SEED_SECRET is not set" in result.stderr
    assert not (folder / "instance").exists()
