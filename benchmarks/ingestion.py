"""Actions over HTTP, compared with a bare `executemany` of the same rows.

    python -m benchmarks.ingestion [--rounds 9] [--batches 60]

HTTP: gunicorn with one worker, one client, batches of 500 rows. Bare: the same driver, pragmas,
tables and indexes, and one commit per 500 rows. Rows are prepared before the time is measured, and
the rounds of both are interleaved. Prints the median ratio and its limit. Exits with 1 below the
limit.
"""

import argparse
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.service import Caller, ids, serve
from personas.database.engine import sqlite, wal_is_safe

LIMIT = 0.5  # of the bare rows per second
ROWS = 500
INSERT = (
    "INSERT INTO persona_actions (persona_id, tick_id, batch, seq, tool_name, input_hash, result, "
    "error_message, latency_ms, occurred_at, is_dated) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, default=60)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="personas-benchmark-") as name:
        ratios = _ratios(Path(name), options.rounds, options.batches)
    median = statistics.median(ratios)
    print(f"rows per second, HTTP / bare   median {median:.2f}   limit {LIMIT}")
    sys.exit(median < LIMIT)


def _ratios(folder: Path, rounds: int, batches_each: int) -> list[float]:
    """The ratio of each round: rows per second over HTTP to bare rows per second."""
    (folder / "served").mkdir()
    with serve(folder / "served", personas=20) as service:
        personas = ids(service.app)
        caller, bare = Caller(service), _bare(folder)
        ratios = []
        for number in range(rounds + 1):
            batches = [
                (personas[index % len(personas)], batch(f"{number}-{index}"))
                for index in range(batches_each)
            ]
            ratio = _round(caller, bare, batches)
            if number:  # the first round is a warm-up
                ratios.append(ratio)
        counted = bare.execute("SELECT count(*) FROM persona_actions").fetchone()
        bare.execute(f"ATTACH '{folder / 'served' / 'personas.db'}' AS served")
        served = bare.execute("SELECT count(*) FROM served.persona_actions").fetchone()
        assert counted == served == ((rounds + 1) * batches_each * ROWS,)
    return ratios


def _round(caller: Caller, bare: Any, batches: Sequence[tuple[str, list[dict[str, Any]]]]) -> float:
    bodies = [
        (f"/api/v1/internal/personas/{persona}/actions", json.dumps({"actions": rows}).encode())
        for persona, rows in batches
    ]
    values = [[_values(persona, row) for row in rows] for persona, rows in batches]

    began = time.perf_counter()
    for rows in values:
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(INSERT, rows)
        bare.execute("COMMIT")
    halfway = time.perf_counter()
    answers = [caller.call("POST", path, body) for path, body in bodies]
    ended = time.perf_counter()

    assert {json.loads(answer)["written"] for answer in answers} == {ROWS}
    rows_sent = len(batches) * ROWS
    bare_rate, rate = rows_sent / (halfway - began), rows_sent / (ended - halfway)
    print(f"bare {bare_rate:9,.0f} rows/s   over HTTP {rate:9,.0f} rows/s   {rate / bare_rate:.2f}")
    return rate / bare_rate


def batch(name: str) -> list[dict[str, Any]]:
    began = datetime.now(UTC) - timedelta(hours=1)
    return [
        {
            "tickId": f"tick-{name}-2026-03-01",
            "toolName": ("todo.create", "notes.search", "mcp__mana__mood_add")[seq % 3],
            "inputHash": hashlib.sha256(f"{name}-{seq}".encode()).hexdigest(),
            "result": "ok",
            "latencyMs": 20 + seq % 400,
            "seq": seq,
            "occurredAt": f"{began + timedelta(seconds=seq):%Y-%m-%dT%H:%M:%S.%f}Z",
        }
        for seq in range(ROWS)
    ]


def _values(persona: str, row: dict[str, Any]) -> tuple[Any, ...]:
    at = row["occurredAt"].replace("T", " ").removesuffix("Z")
    call = (row["toolName"], row["inputHash"], row["result"], None, row["latencyMs"])
    return (persona, row["tickId"], "", row["seq"], *call, at, True)


def _bare(folder: Path) -> Any:
    """A connection with the service's settings, to a copy of its database before the test."""
    source = sqlite.connect(folder / "served" / "personas.db")
    target = sqlite.connect(folder / "bare.db", isolation_level=None)
    source.backup(target)
    source.close()
    journal = "WAL" if wal_is_safe(sqlite.sqlite_version_info) else "DELETE"
    for pragma in ("foreign_keys = ON", f"journal_mode = {journal}", "synchronous = FULL"):
        target.execute(f"PRAGMA {pragma}")
    return target


if __name__ == "__main__":
    main()
