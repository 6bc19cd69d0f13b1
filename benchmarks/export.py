"""The memory and time of `flask personas export` for 1,000,000 actions.

    python -m benchmarks.export [--actions 1000000]

Prints the peak memory for each format and the limit. Exits with 1 if the limit is exceeded.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.history import command, make
from personas.database.engine import db

LIMIT = 150  # MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1_000_000)
    actions = parser.parse_args().actions
    with TemporaryDirectory(prefix="personas-benchmark-") as folder:
        # in another process: Linux counts the parent's memory in the peak of a child process
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            url = pool.submit(_make, Path(folder), actions).result()
        peaks = [_export(form, url, actions) for form in ("jsonl", "csv")]
    print(f"export   peak {max(peaks):.0f} MB   limit {LIMIT} MB")
    sys.exit(max(peaks) > LIMIT)


def _make(folder: Path, actions: int) -> str:
    """Create a database with this number of actions and return its URL."""
    app = make(folder, actions)
    with app.app_context():
        url = db.engine.url.render_as_string()
        db.engine.dispose()
    return url


def _export(form: str, url: str, actions: int) -> float:
    """Run the command and return its peak memory in MB."""
    began = time.perf_counter()
    process = command(url, "export", "actions", "--format", form)
    assert process.stdout
    lines = sum(1 for _line in process.stdout)
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    assert process.returncode == 0, "the export failed"
    assert lines == actions + int(form == "csv"), "a row is missing"
    peak = used.ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1000)
    print(f"{form}: {actions} rows in {time.perf_counter() - began:.1f} s, peak {peak:.0f} MB")
    return float(peak)


if __name__ == "__main__":
    main()
