"""Commands whose output is closed or cannot be written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.database.processes import environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        ("list >&-", 0, ""),
        ("list 2>&-", 0, "0 personas"),
        ("export actions >&-", 0, ""),
        ("export actions 2>&-", 0, ""),
        ("prune --older-than 31d --json 2>&-", 0, '"dryRun": false'),
        ("prune --older-than 31d --json >/dev/full", 1, "No space left on device"),
    ],
)
def test_unwritable_output_causes_no_traceback(
    tmp_path: Path, command: str, code: int, expected: str
) -> None:
    completed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m flask --app personas personas {command}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (completed.returncode, "Traceback" in completed.stderr) == (code, False), (
        completed.stderr
    )
    assert expected in completed.stdout + completed.stderr
