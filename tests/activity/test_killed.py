"""A service that is killed repeatedly stores every acknowledged row exactly once."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest

from personas import create_app
from personas.audit.service import CLI
from personas.database.engine import db, sqlite
from personas.database.schema import ensure_schema
from personas.persona.put import put
from personas.persona.service import find
from tests.activity.runner import URL, Row, action
from tests.database.processes import free_port, get
from tests.people import PASSWORD, persona
from tests.production import environment, gunicorn, settings

pytestmark = pytest.mark.slow

KILLS = 50
CLIENTS = 4
PATIENCE = 30.0  # seconds to wait for an answer


class Client:
    """A runner of one persona that sends each batch until it is acknowledged. Every second batch
    has numbers; every second one of those is sent in overlapping parts."""

    def __init__(self, number: int, persona_id: str, url: str, key: str) -> None:
        self.dice = random.Random(number)
        self.persona_id = persona_id
        self.url = f"{url}{URL}/{persona_id}/actions"
        self.http = httpx.Client(headers={"X-Service-Key": key}, timeout=5)
        self.sent: list[Row] = []
        self.retries = 0

    def run(self, end: Event) -> None:
        turn = 0
        while not end.is_set():
            tick = f"tick-{turn}"
            rows = [
                action(tickId=tick, latencyMs=number) for number in range(self.dice.randint(1, 60))
            ]
            if turn % 2:
                rows = [row | {"seq": number} for number, row in enumerate(rows)]
            if turn % 4 == 1:
                self._deliver(rows[: len(rows) // 2 + 1])
            self._deliver(rows)
            self.sent += rows
            turn += 1
        self.http.close()

    def _deliver(self, rows: list[Row]) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = self.http.post(self.url, json={"actions": rows})
            except httpx.HTTPError:
                self.retries += 1
                time.sleep(0.02)
                continue
            if answer.status_code in (502, 503):
                self.retries += 1
                continue
            assert answer.status_code == 200, answer.text
            counts = answer.json()
            assert counts["written"] + counts["duplicates"] == len(rows)
            return
        raise AssertionError("the service does not acknowledge a batch")


@contextmanager
def serving(folder: Path, port: int, values: dict[str, str]) -> Iterator[None]:
    """Run the service; at the end of the block kill the master and all of its workers."""
    bind = ("-b", f"127.0.0.1:{port}")
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            gunicorn("--workers", "2", *bind),
            cwd=folder,
            env=environment(folder, values),
            stderr=log,
            start_new_session=True,  # its own process group, so that only it is killed
        )
    try:
        wait(port, process)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None
        try:
            get(port, "/healthz")
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the service does not start again")


def create_personas(folder: Path, values: dict[str, str]) -> list[str]:
    """The ids of personas, one for each client."""
    app = create_app("production", values=values, instance_path=str(folder))
    emails = [f"persona.p{number}@mana.test" for number in range(CLIENTS)]
    persona_ids = []
    with app.app_context():
        ensure_schema()
        for email in emails:
            put(email, PASSWORD, persona(name=email[8:10]), actor=CLI)
            described = find(email)
            assert described
            persona_ids.append(described.user.id)
        db.engine.dispose()
    return persona_ids


def test_acknowledged_rows_are_stored_exactly_once(tmp_path: Path) -> None:
    values = settings(tmp_path)
    port = free_port()
    dice = random.Random(1)
    ids = create_personas(tmp_path, values)
    key = values["PERSONAS_SERVICE_KEY"]
    clients = [
        Client(number, persona_id, f"http://127.0.0.1:{port}", key)
        for number, persona_id in enumerate(ids)
    ]
    end = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        runs = [pool.submit(client.run, end) for client in clients]
        try:
            for _ in range(KILLS):
                with serving(tmp_path, port, values):
                    time.sleep(dice.uniform(0, 0.4))
        finally:
            end.set()
            with serving(tmp_path, port, values):  # for batches that are not acknowledged yet
                for run in runs:
                    run.result()

    connection = sqlite.connect(tmp_path / "personas.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    query = """SELECT tick_id, seq, batch = '', latency_ms FROM persona_actions
        WHERE persona_id = ? ORDER BY CAST(substr(tick_id, 6) AS INTEGER), seq"""
    for client in clients:
        stored = connection.execute(query, (client.persona_id,)).fetchall()
        assert stored == [
            (row["tickId"], row["latencyMs"], "seq" in row, row["latencyMs"]) for row in client.sent
        ]
        for span in ("hour", "day"):
            total = "SELECT sum(actions) FROM action_counts WHERE persona_id = ? AND span = ?"
            assert connection.execute(total, (client.persona_id, span)).fetchone() == (len(stored),)
    assert sum(len(client.sent) for client in clients) > 1000
    assert sum(client.retries for client in clients) > KILLS
    connection.close()
