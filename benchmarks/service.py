"""The service as it is measured: gunicorn with one worker, in production, on a SQLite file."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from flask import Flask

from personas import create_app
from personas.auth import service as auth
from personas.auth.session import open_session_for
from personas.database import clock
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.database.session import write
from personas.database.types import new_id
from personas.persona.models import Persona
from personas.user.models import User
from personas.user.stamp import ADMIN, PERSONA
from tests import production
from tests.production import Service, settings

ADMIN_EMAIL = "admin@example.org"


@dataclass(frozen=True)
class Measured:
    """A running service, the application on the same database to ask in another way, and the
    headers of an admin and a runner."""

    service: Service
    folder: Path
    app: Flask
    headers: dict[str, str]

    @property
    def memory(self) -> float:
        """Of its one worker, in megabytes."""
        status = Path(f"/proc/{self.service.worker}/status").read_text()
        [kilobytes] = re.findall(r"VmRSS:\s+(\d+)", status)
        return int(kilobytes) / 1024


class Caller:
    """One client with one connection."""

    def __init__(self, measured: Measured) -> None:
        self._connection = HTTPConnection("127.0.0.1", measured.service.port, timeout=60)
        self._headers = measured.headers | {"Content-Type": "application/json"}

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return said


@contextmanager
def serve(folder: Path, *, personas: int) -> Iterator[Measured]:
    """Run the service in `folder` with so many personas, and an admin."""
    values = settings(folder)
    app = create_app("production", values=values, instance_path=str(folder))
    with app.app_context():
        ensure_schema()
        _make_personas(personas)
        auth.register(ADMIN_EMAIL, secrets.token_hex(16), stamp=ADMIN)
        token = open_session_for(ADMIN_EMAIL).access_token
    key = values["PERSONAS_SERVICE_KEY"]
    headers = {"Authorization": f"Bearer {token}", "X-Service-Key": key}
    with production.serve(folder, "--workers", "1", values=values) as served:
        yield Measured(served, folder, app, headers)
    with app.app_context():
        db.engine.dispose()


def ids(app: Flask) -> list[str]:
    """The ids of the personas."""
    with app.app_context(), db.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT user_id FROM personas")]


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
