"""Reading the list of 1,000 personas and the detail of one, with many actions and with few.

    python -m benchmarks.reading [--rounds 25] [--most 10000000]

Each number of actions, spread over 30 days, has its own service (gunicorn, one worker); requests
alternate between them. The counts in the list are compared with a count(*) of each database. Prints
the medians, their ratios and the limits. Exits with 1 if a limit is exceeded.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.service import Caller, Measured, ids, serve
from personas.database.engine import sqlite

LIST = "/api/v1/admin/personas"
PERSONAS = 1000
LIST_LIMIT, MORE_LIMIT, DETAIL_LIMIT = 1.5, 1.3, 1.5
MILLION = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--most", type=int, default=10 * MILLION)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="personas-benchmark-") as folder, ExitStack() as stack:
        requests = _requests(Path(folder), stack, options.most)
        medians = list(_medians(requests, options.rounds).values())
    none, million, most, short, long = medians
    rows = (
        ("list, 1,000,000 actions / none", million / none, LIST_LIMIT),
        (f"list, {options.most:,} actions / 1,000,000", most / million, MORE_LIMIT),
        ("detail, 1,000,000 actions / 1,000", long / short, DETAIL_LIMIT),
    )
    for name, ratio, limit in rows:
        print(f"{name:45} {ratio:.2f}   limit {limit}")
    sys.exit(any(ratio > limit for _, ratio, limit in rows))


def _requests(folder: Path, stack: ExitStack, most: int) -> dict[str, tuple[Measured, str]]:
    """Name, service and path of each request."""
    requests = {}
    for number in (0, MILLION, most):
        few = [number // PERSONAS] * PERSONAS
        service = stack.enter_context(_serve(folder / f"list-{number}", few))
        _check_counts(service)
        requests[f"list, {number:,} actions"] = (service, LIST)
    detail = stack.enter_context(_serve(folder / "detail", [1000, MILLION]))
    for number, persona_id in zip((1000, MILLION), ids(detail.app), strict=True):
        requests[f"detail, {number:,} actions"] = (detail, f"{LIST}/{persona_id}")
    return requests


@contextmanager
def _serve(folder: Path, actions: list[int]) -> Iterator[Measured]:
    """Run a service in this folder; `actions` has the number of actions of each persona."""
    folder.mkdir()
    with serve(folder, personas=len(actions)) as service:
        for persona_id, number in zip(ids(service.app), actions, strict=True):
            _act(service, persona_id, number)
        _count(service)
        yield service


def _act(service: Measured, persona_id: str, actions: int) -> None:
    """Insert actions of one persona, spread over 30 days."""
    since = datetime.now(UTC) - timedelta(days=30)
    step = timedelta(days=30).total_seconds() / max(actions, 1)
    connection = sqlite.connect(service.folder / "personas.db", isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(
        """
        WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ? - 1)
        INSERT INTO persona_actions (persona_id, tick_id, seq, tool_name, input_hash, result,
                                     latency_ms, occurred_at, is_dated)
        SELECT ?, 'tick-2026-03-01', n, 'todo.create', printf('%064x', n), 'ok', n % 400,
               strftime('%Y-%m-%d %H:%M:%f000', ? + n * ?, 'unixepoch'), true
        FROM numbers WHERE ? > 0
        """,
        (actions, persona_id, since.timestamp(), step, actions),
    )
    connection.close()


def _count(service: Measured) -> None:
    """Insert the counts that the service would have stored."""
    connection = sqlite.connect(service.folder / "personas.db", isolation_level=None)
    for span, characters, rest in (("hour", 13, ":00:00.000000"), ("day", 10, " 00:00:00.000000")):
        connection.execute(
            """
            INSERT INTO action_counts (persona_id, span, starts_at, actions)
            SELECT persona_id, ?, substr(occurred_at, 1, ?) || ?, count(*)
            FROM persona_actions GROUP BY 1, 3
            """,
            (span, characters, rest),
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _check_counts(service: Measured) -> None:
    """The list's counts equal the counted rows, except for rows that become too old meanwhile."""
    connection = sqlite.connect(service.folder / "personas.db")
    statement = "SELECT persona_id, count(*) FROM persona_actions WHERE occurred_at >= ? GROUP BY 1"

    def counted() -> dict[str, int]:
        since = datetime.now(UTC) - timedelta(days=7)
        return dict(connection.execute(statement, (f"{since:%Y-%m-%d %H:%M:%S.%f}",)))

    before = counted()
    personas = json.loads(Caller(service).call("GET", LIST))["personas"]
    after = counted()
    connection.close()
    assert len(personas) == PERSONAS
    for row in personas:
        assert after.get(row["userId"], 0) <= row["actions7d"] <= before.get(row["userId"], 0)


def _medians(requests: Mapping[str, tuple[Measured, str]], rounds: int) -> dict[str, float]:
    """The median time of each request in milliseconds; the requests alternate."""
    callers = {name: (Caller(service), path) for name, (service, path) in requests.items()}
    times: dict[str, list[float]] = {name: [] for name in requests}
    for _ in range(rounds):
        for name, (caller, path) in callers.items():
            began = time.perf_counter()
            caller.call("GET", path)
            times[name].append((time.perf_counter() - began) * 1000)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:30} {median:7.1f} ms")
    return medians


if __name__ == "__main__":
    main()
