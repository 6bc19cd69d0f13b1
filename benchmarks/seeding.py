"""Seeding 1,000 new personas, compared with 1,000 bare hashes on all cores.

    python -m benchmarks.seeding [--personas 1000] [--rounds 3]

Prints the median ratio of the rounds and its limit. Exits with 1 if the limit is exceeded.
"""

import argparse
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

from argon2 import PasswordHasher

from benchmarks.history import entry
from personas import create_app
from personas.audit.service import CLI
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.seeding.parallel_put import put_entries
from personas.user.password import CORES

LIMIT = 1.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--personas", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ratios = [_round(options.personas) for _ in range(options.rounds)]
    median = statistics.median(ratios)
    print(f"seeding / bare hashes   median {median:.2f}   limit {LIMIT}")
    sys.exit(median > LIMIT)


def _round(number: int) -> float:
    hashes, seeding = _hashes(number), _seeding(number)
    print(f"{number} personas: hashes {hashes:.2f} s, seeding {seeding:.2f} s")
    return seeding / hashes


def _hashes(number: int) -> float:
    """Seconds for `number` hashes with the service's parameters, on all cores."""
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    began = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(hasher.hash, [f"a password of {index}" for index in range(number)]))
    return time.perf_counter() - began


def _seeding(number: int) -> float:
    """Seconds to seed `number` new personas into an empty database, without process start."""
    entries = [entry(index) for index in range(number)]
    with TemporaryDirectory(prefix="personas-benchmark-") as folder:
        app = create_app("development", values={}, instance_path=folder)
        with app.app_context():
            ensure_schema()
            began = time.perf_counter()
            words = [result.outcome for result in put_entries(entries, actor=CLI, dry_run=False)]
            elapsed = time.perf_counter() - began
            again = [result.outcome for result in put_entries(entries, actor=CLI, dry_run=False)]
            db.engine.dispose()
    assert words == ["created"] * number, "a persona was not created"
    assert again == ["unchanged"] * number, "a second seed changed something"
    return elapsed


if __name__ == "__main__":
    main()
