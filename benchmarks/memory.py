"""The memory of one worker during ten minutes of mixed load.

    python -m benchmarks.memory [--minutes 10]

Four clients: two report five batches of 500 actions per second each; one reports ratings and lists
the due personas, and one reads lists, details and analytics, both without pauses. Prints the
worker's resident memory every minute. Exits with 1 if it exceeded the limit, or if it grew by more
than 5 % between the middle and the end.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from benchmarks.ingestion import batch
from benchmarks.service import Caller, Measured, ids, serve

LIMIT = 150.0  # MB
MAX_GROWTH = 1.05
PAUSE = 0.2  # seconds between two batches of a client: 5,000 actions per second for both clients
ADMIN = "/api/v1/admin"
RUNNER = "/api/v1/internal/personas"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with (
        TemporaryDirectory(prefix="personas-benchmark-") as folder,
        serve(Path(folder), personas=100) as service,
    ):
        ended, calls = Event(), [0] * 4
        loads = (_act, _act, _rate, _read)
        clients = [
            Thread(target=_work, args=(service, load, number, ended, calls))
            for number, load in enumerate(loads)
        ]
        for client in clients:
            client.start()
        sampled = _sample(service, options.minutes, calls)
        ended.set()
        for client in clients:
            client.join()
    most, growth = max(sampled), sampled[-1] / sampled[len(sampled) // 2]
    print(f"memory at most {most:.0f} MB   limit {LIMIT:.0f} MB")
    print(f"end / middle {growth:.3f}      limit {MAX_GROWTH}")
    sys.exit(most > LIMIT or growth > MAX_GROWTH)


def _sample(service: Measured, minutes: float, calls: list[int]) -> list[float]:
    began, sampled = time.monotonic(), []
    while time.monotonic() - began < minutes * 60:
        time.sleep(5)
        sampled.append(service.memory)
        if len(sampled) % 12 == 0:
            print(f"{len(sampled) / 12:4.0f} min  {sampled[-1]:6.1f} MB  {sum(calls):,} calls")
    return sampled


def _work(
    service: Measured,
    load: Callable[[Caller, list[str], int, str], None],
    number: int,
    ended: Event,
    calls: list[int],
) -> None:
    caller, personas = Caller(service), ids(service.app)
    while not ended.is_set():
        load(caller, personas, calls[number], f"{number}-{calls[number]}")
        calls[number] += 1


def _act(caller: Caller, personas: list[str], turn: int, name: str) -> None:
    time.sleep(PAUSE)
    body = json.dumps({"actions": batch(name)}).encode()
    caller.call("POST", f"{RUNNER}/{personas[turn % len(personas)]}/actions", body)


def _rate(caller: Caller, personas: list[str], turn: int, name: str) -> None:
    modules = ("todo", "notes", "mood")
    rows = [{"tickId": name, "module": module, "rating": 1 + turn % 5} for module in modules]
    body = json.dumps({"feedback": rows}).encode()
    caller.call("POST", f"{RUNNER}/{personas[turn % len(personas)]}/feedback", body)
    caller.call("GET", f"{RUNNER}/due")


def _read(caller: Caller, personas: list[str], turn: int, _name: str) -> None:
    paths = ("personas", f"personas/{personas[turn % len(personas)]}", "users?kind=all", "audit")
    caller.call("GET", f"{ADMIN}/{paths[turn % 4]}")
    if turn % 500 == 0:
        caller.call("GET", f"{ADMIN}/analytics/modules")


if __name__ == "__main__":
    main()
