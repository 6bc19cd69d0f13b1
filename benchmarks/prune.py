"""How long pruning 1,000,000 actions holds the write lock, and how long other writes wait.

    python -m benchmarks.prune [--actions 1000000]

Prints the longest write and its limit. Exits with 1 if the limit is exceeded.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.history import command, make
from personas.activity import report
from personas.activity.models import ActionDay, PersonaAction
from personas.activity.row import Action
from personas.database.engine import db
from personas.database.session import read
from personas.persona.models import Persona

LIMIT = 100  # ms
BATCH = 50  # actions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1_000_000)
    actions = parser.parse_args().actions
    with TemporaryDirectory(prefix="personas-benchmark-") as folder:
        app = make(Path(folder), actions)
        with app.app_context():
            alone = [_report(f"alone-{index}") for index in range(100)]
            pruned, concurrent, seconds = _during_pruning()
            _check(actions, written=BATCH * (len(alone) + len(concurrent)))
            db.engine.dispose()
    rate = pruned["actions"] / seconds
    print(f"{pruned['actions']} actions in {seconds:.0f} s, {rate:.0f} per second")
    _print("a batch of actions, alone", alone)
    _print("a batch of actions, during pruning", concurrent)
    longest = pruned["longestWriteMs"]
    print(f"longest write {longest:.0f} ms   limit {LIMIT} ms")
    sys.exit(longest > LIMIT)


def _during_pruning() -> tuple[dict[str, float], list[float], float]:
    """The command's output, the times of the batches written meanwhile, and the command's time."""
    began = time.perf_counter()
    url = db.engine.url.render_as_string()
    process = command(url, "prune", "--older-than", "90d", "--json")
    times: list[float] = []
    while process.poll() is None:
        times.append(_report(f"concurrent-{len(times)}"))
        time.sleep(0.01)
    output, _ = process.communicate()
    assert process.returncode == 0, "pruning failed"
    return json.loads(output), times, time.perf_counter() - began


def _report(tick: str) -> float:
    """Report one batch of a persona and return the time in milliseconds."""
    rows = [
        Action(tick_id=tick, tool_name="todo.create", result="ok", seq=seq) for seq in range(BATCH)
    ]
    with read():
        persona_id = db.session.scalar(sa.select(sa.func.min(Persona.user_id)))
    began = time.perf_counter()
    report.actions(str(persona_id), rows)
    return (time.perf_counter() - began) * 1000


def _check(actions: int, *, written: int) -> None:
    with read():
        kept = db.session.scalar(sa.select(sa.func.sum(ActionDay.actions)))
        left = db.session.scalar(sa.select(sa.func.count()).select_from(PersonaAction))
    assert (kept, left) == (actions, written), "a row was lost or counted twice"


def _print(what: str, times: list[float]) -> None:
    middle, slow = statistics.median(times), statistics.quantiles(times, n=100)[98]
    print(
        f"{what}: {len(times)} times, median {middle:.1f} ms, 99th percentile {slow:.0f} ms, "
        f"maximum {max(times):.0f} ms"
    )


if __name__ == "__main__":
    main()
