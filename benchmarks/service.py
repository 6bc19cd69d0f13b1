"""The service as it is measured: gunicorn with one worker, in production, on a SQLite file."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from flask import Flask

from personas import clock, create_app
from personas.auth import service as auth
from personas.auth.session import open_for
from personas.db import db, new_id, write
from personas.migrate import ensure_schema
from personas.persona.models import Persona
from personas.secret import new_private_key
from personas.user.models import User
from personas.user.stamp import ADMIN, PERSONA

ADMIN_EMAIL = "admin@example.org"
PATIENCE = 20  # seconds until it listens


@dataclass(frozen=True)
class Service:
    """A running service. Its worker's memory is what `memory` says, in megabytes."""

    folder: Path
    app: Flask  # on the same database, to ask in another way
    port: int
    worker: int
    headers: dict[str, str]  # of an admin and a runner

    @property
    def memory(self) -> float:
        status = Path(f"/proc/{self.worker}/status").read_text()
        [kilobytes] = re.findall(r"VmRSS:\s+(\d+)", status)
        return int(kilobytes) / 1024


class Caller:
    """One client with one connection."""

    def __init__(self, service: Service) -> None:
        self._connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        self._headers = service.headers | {"Content-Type": "application/json"}

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return said


@contextmanager
def serve(folder: Path, *, personas: int) -> Iterator[Service]:
    """Run the service in `folder` with so many personas, and an admin."""
    values = _settings(folder)
    app = create_app("production", values=values, instance_path=str(folder))
    with app.app_context():
        ensure_schema()
        _make_personas(personas)
        auth.register(ADMIN_EMAIL, secrets.token_hex(16), stamp=ADMIN)
        token = open_for(ADMIN_EMAIL).access_token
    command = [sys.executable, "-m", "gunicorn", "-c", "python:personas.gunicorn_conf"]
    command += ["-b", "127.0.0.1:0", "--workers", "1", "personas:create_app()"]
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=os.environ | values, stderr=file)
    try:
        port, worker = _listening(process, log)
        key = values["PERSONAS_SERVICE_KEY"]
        headers = {"Authorization": f"Bearer {token}", "X-Service-Key": key}
        yield Service(folder, app, port, worker, headers)
    finally:
        process.terminate()
        process.wait()
        with app.app_context():
            db.engine.dispose()


def ids(app: Flask) -> list[str]:
    """The ids of the personas."""
    with app.app_context(), db.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT user_id FROM personas")]


def _settings(folder: Path) -> dict[str, str]:
    names = ("PERSONAS_SECRET_KEY", "PERSONAS_SERVICE_KEY", "PERSONA_SEED_SECRET")
    return {
        "PERSONAS_ENV": "production",
        "PERSONAS_DATABASE_URL": f"sqlite:///{folder / 'personas.db'}",
        "PERSONAS_JWT_PRIVATE_KEY": new_private_key(),
        **{name: secrets.token_hex(32) for name in names},
    }


def _make_personas(number: int) -> None:
    """As rows: nobody logs in as one, and nothing has to be hashed."""
    now = clock.now()
    with write():
        for index in range(number):
            user_id, name = new_id(), f"Number {index}"
            email = f"persona.number{index}@mana.test"
            stamp = {"access_tier": PERSONA.access_tier, "email_verified": True}
            db.session.add(User(id=user_id, email=email, name=name, kind="persona", **stamp))
            db.session.flush()
            db.session.add(
                Persona(
                    user_id=user_id,
                    archetype="solo-dev",
                    system_prompt="You are somebody with a life of your own. " * 10,
                    module_mix={"todo": 1, "notes": 2},
                    created_at=now,
                )
            )


def _listening(process: subprocess.Popen[bytes], log: Path) -> tuple[int, int]:
    """Port and worker, once it is ready."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        text = log.read_text()
        port = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", text)
        worker = re.search(r"Booting worker with pid: (\d+)", text)
        if port and worker:
            return int(port[1]), int(worker[1])
        time.sleep(0.05)
    raise SystemExit(f"the service does not start:\n{log.read_text()}")
