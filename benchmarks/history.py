"""A database with a long history, for benchmarks that read or prune it."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from personas import create_app
from personas.activity import count
from personas.activity.models import PersonaAction
from personas.audit.service import CLI
from personas.database import clock
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.database.session import read, write
from personas.persona.models import Persona
from personas.seeding.catalog import Entry
from personas.seeding.parallel_put import put_entries
from tests.production import CHECKOUT, environment

PERSONAS = 10
CHUNK = 10_000
TOOLS = [f"module{index % 8}.tool{index}" for index in range(40)]
OLDEST, NEWEST = timedelta(days=400), timedelta(days=100)


def make(folder: Path, actions: int) -> Flask:
    """An application in this folder. Its ten personas have this number of actions, from 400 to 100
    days ago; tick ids are distributed like random ones."""
    app = create_app("development", values={}, instance_path=str(folder))
    with app.app_context():
        ensure_schema()
        list(put_entries([entry(index) for index in range(PERSONAS)], actor=CLI, dry_run=False))
        with read():
            ids = list(db.session.scalars(sa.select(Persona.user_id)))
        for first in range(0, actions, CHUNK):
            rows = list(_rows(ids, actions, range(first, min(first + CHUNK, actions))))
            with write():
                db.session.connection().execute(sa.insert(PersonaAction), rows)
                for persona_id in ids:
                    times = [row["occurred_at"] for row in rows if row["persona_id"] == persona_id]
                    count.add(persona_id, times)
    return app


def _rows(ids: list[str], actions: int, indexes: range) -> Iterator[dict[str, Any]]:
    now = clock.now()
    step = (OLDEST - NEWEST) / actions
    for index in indexes:
        yield _row(ids[index % len(ids)], index, now - OLDEST + index * step)


def _row(persona_id: str, index: int, at: datetime) -> dict[str, Any]:
    is_error = index % 20 == 0
    return {
        "persona_id": persona_id,
        "tick_id": hashlib.sha256(str(index // 100).encode()).hexdigest()[:32],
        "batch": "",
        "seq": index % 100,
        "tool_name": TOOLS[index % len(TOOLS)],
        "input_hash": hashlib.sha256(str(index).encode()).hexdigest(),
        "result": "error" if is_error else "ok",
        "error_message": "The list is full, says the =server. " * 5 if is_error else None,
        "latency_ms": index % 900,
        "occurred_at": at,
        "is_dated": True,
    }


def command(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `flask personas …` on this database."""
    settings = {"PERSONAS_DATABASE_URL": url, "PERSONAS_ENV": "development"}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "personas", "personas", *arguments],
        cwd=CHECKOUT,
        env=environment(CHECKOUT / "instance", settings),
        stdout=subprocess.PIPE,
    )


def entry(index: int) -> Entry:
    """A persona of a catalog."""
    description = {
        "name": f"Number {index}",
        "archetype": "solo-dev",
        "system_prompt": "You are somebody with a life of your own. " * 10,
        "module_mix": {"todo": 1, "notes": 2},
        "tick_cadence": "daily",
    }
    return Entry(f"persona.number{index}@mana.test", description)
