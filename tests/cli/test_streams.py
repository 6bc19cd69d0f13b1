"""A command whose output goes nowhere, or cannot be written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.database.processes import environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("list >&-", 0, ""),
        ("list 2>&-", 0, "0 personas"),
        ("export actions >&-", 0, ""),
        ("export actions 2>&-", 0, ""),
        ("prune --older-than 31d --json 2>&-", 0, '"dryRun": false'),
        ("prune --older-than 31d --json >/dev/full", 1, "No space left on device"),
    ],
)
def test_no_traceback_where_output_cannot_go(
    tmp_path: Path, command: str, code: int, said: str
) -> None:
    ended = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m flask --app personas personas {command}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr
    assert said in ended.stdout + ended.stderr
