"""The service as it runs in production: gunicorn, with secrets, in a process of its own."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from personas.config.secrets import new_private_key, new_secret

CHECKOUT = Path(__file__).parent.parent
APP = "personas:create_app()"
PATIENCE = 20.0  # seconds until it listens


@dataclass(frozen=True)
class Service:
    """A running service; `log` is all that it has written."""

    url: str
    process: subprocess.Popen[bytes]
    settings: dict[str, str]
    file: Path

    @property
    def log(self) -> str:
        return self.file.read_text()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def worker(self) -> int:
        """The process id of the first worker, which starts once the port is open."""
        return int(_logged(r"Booting worker with pid: (\d+)", self.process, self.file))


def secrets() -> dict[str, str]:
    """What production does not start without, as `make_app` takes it."""
    return {
        "secret_key": new_secret(),
        "service_key": new_secret(),
        "jwt_private_key": new_private_key(),
        "seed_secret": new_secret(),
    }


def settings(folder: Path, **changes: str) -> dict[str, str]:
    """All that production needs, on a SQLite file in `folder`; `changes` by whole name."""
    made = {f"PERSONAS_{name.upper()}": value for name, value in secrets().items()}
    return {
        "PERSONAS_ENV": "production",
        "PERSONAS_DATABASE_URL": f"sqlite:///{folder / 'personas.db'}",
        "PERSONAS_URL": "https://personas.example.org",
        "PERSONA_SEED_SECRET": made.pop("PERSONAS_SEED_SECRET"),
        **made,
        **changes,
    }


def environment(folder: Path, values: dict[str, str]) -> dict[str, str]:
    """A process environment with these settings and no others, this checkout, and homes of its
    own."""
    ours = ("PERSONA", "FLASK_", "GUNICORN_", "WEB_CONCURRENCY", "PROMETHEUS_")
    others = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    own = {"PYTHONPATH": str(CHECKOUT), "HOME": str(folder), "TMPDIR": str(folder)}
    return others | own | values


def gunicorn(*options: str, app: str = APP, python: str = sys.executable) -> list[str]:
    """The command that serves, on a port that is free."""
    conf = ["-c", "python:personas.gunicorn_conf", "-b", "127.0.0.1:0"]
    return [python, "-m", "gunicorn", *conf, *options, app]


@contextmanager
def serve(
    folder: Path,
    *options: str,
    app: str = APP,
    values: dict[str, str] | None = None,
    python: str = sys.executable,
) -> Iterator[Service]:
    """Run the service in `folder` until the end of the block."""
    values = values or settings(folder)
    file = folder / "server.log"
    with file.open("wb") as log:
        process = subprocess.Popen(
            gunicorn(*options, app=app, python=python),
            cwd=folder,
            env=environment(folder, values),
            stderr=log,
        )
    try:
        url = _logged(r"Listening at: (http://[0-9.:]+)", process, file)
        yield Service(url, process, values, file)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _logged(pattern: str, process: subprocess.Popen[bytes], log: Path) -> str:
    """What the service says in its log while it starts, waited for."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"the service does not start:\n{log.read_text()}")
