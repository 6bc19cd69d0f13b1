"""The memory that `flask personas export` takes for 1,000,000 actions, and its time.

    python -m benchmarks.export [--actions 1000000]

Prints the peak of each format's process and the limit; exits with 1 above it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.history import make
from personas.db import db

LIMIT = 150  # MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1_000_000)
    actions = parser.parse_args().actions
    # elsewhere: Linux counts the memory of the one who starts a process as the process's own
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        folder, url = pool.submit(_make, actions).result()
    peaks = [_export(form, url, actions) for form in ("jsonl", "csv")]
    shutil.rmtree(folder)
    print(f"export   peak {max(peaks):.0f} MB   limit {LIMIT} MB")
    sys.exit(max(peaks) > LIMIT)


def _make(actions: int) -> tuple[str, str]:
    """The folder of a database with so many actions, and its URL."""
    app = make(actions)
    with app.app_context():
        url = db.engine.url.render_as_string()
        db.engine.dispose()
    return app.instance_path, url


def _export(form: str, url: str, actions: int) -> float:
    """The most memory that the process had, in MB."""
    arguments = ("-m", "flask", "--app", "personas", "personas", "export", "actions")
    settings = {"PERSONAS_DATABASE_URL": url, "PERSONAS_ENV": "development"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments, "--format", form],
        cwd=Path(__file__).parents[1],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
    )
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
