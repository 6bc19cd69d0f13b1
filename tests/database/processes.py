"""Real processes for the start-up tests: several at the same moment, or a server on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[2]
# forked, so that the imports run only once
SIX = """
import multiprocessing
fork = multiprocessing.get_context("fork")
barrier = fork.Barrier(6)

def start():
    barrier.wait()
    main()

children = [fork.Process(target=start) for _ in range(6)]
for child in children:
    child.start()
for child in children:
    child.join()
sys.exit(any(child.exitcode for child in children))
"""
SECONDS = 60  # a limit for steps that take one or two


def environment(**settings: str) -> dict[str, str]:
    """The environment of a process: the current one without the variables of personas and Flask."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PERSONA", "FLASK_", "WERKZEUG_"))
    }
    return inherited | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | settings


def run(
    *command: str, folder: Path, settings: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in `folder` to its end: `run("flask", "routes", …)`."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def run_together(main: str, *arguments: str) -> list[str]:
    """Call `main()`, defined by this code, in six processes at the same moment; return the lines
    that they printed. All must succeed."""
    completed = subprocess.run(
        [sys.executable, "-c", main + SIX, *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout
    return completed.stdout.splitlines()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def get(port: int, path: str) -> tuple[int, str]:
    """Status and body of a GET on a new connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@contextmanager
def serving(
    *command: str, port: int, folder: Path, settings: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Run a server that accepts connections; end its process group afterwards."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment(**settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: a reloader and a master have children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
