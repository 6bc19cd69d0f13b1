"""The cost of the pytest plugin: for the first test, for each further test, and when not used.

    python -m benchmarks.plugin [--rounds 5]

Measures whole processes without other plugins. First test: a file with one `persona("anna")`,
compared with a file that only imports flask, flask-sqlalchemy and marshmallow (median ratio). Each
further test: the time of 200 more such tests minus that of 200 empty tests. Not used: the import
of the plugin, by `-X importtime`. Prints each value and its limit. Exits with 1 if one is exceeded.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RATIO, EACH, IMPORT = 2.5, 10.0, 5.0  # times, milliseconds, milliseconds
MORE = 200

FILES = {
    "imports": "import flask, flask_sqlalchemy, marshmallow\ndef test_nothing(): pass",
    "one": "def test_anna(persona): persona('anna')",
    "empty": f"import pytest\n@pytest.mark.parametrize('n', range({MORE}))\ndef test_n(n): pass",
    "more": "import pytest\ndef test_anna(persona): persona('anna')\n"
    f"@pytest.mark.parametrize('n', range({MORE}))\ndef test_n(n, persona): persona('anna')",
    "nothing": "def test_nothing(): pass",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="personas-benchmark-") as name:
        folder = Path(name)
        for file, text in FILES.items():
            (folder / f"test_{file}.py").write_text(text)
        results = [_round(folder) for _ in range(rounds)]
    ratio = statistics.median(seconds["one"] / seconds["imports"] for seconds in results)
    further = statistics.median(
        (seconds["more"] - seconds["one"] - (seconds["empty"] - seconds["nothing"])) / MORE * 1000
        for seconds in results
    )
    cost = statistics.median(_import() for _ in range(rounds))
    print(f"first test / imports   median {ratio:.2f}   limit {RATIO}")
    print(f"each further test      median {further:.1f} ms   limit {EACH}")
    print(f"plugin not used        median {cost:.1f} ms   limit {IMPORT}")
    sys.exit(ratio > RATIO or further > EACH or cost > IMPORT)


def _round(folder: Path) -> dict[str, float]:
    results = {file: _seconds(folder, file) for file in FILES}
    print("  ".join(f"{file} {seconds:.2f} s" for file, seconds in results.items()))
    return results


def _seconds(folder: Path, file: str) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if file != "imports":
        command += ["-p", "personas.testing.plugin"]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    began = time.perf_counter()
    subprocess.run(
        [*command, f"test_{file}.py"],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def _import() -> float:
    """Milliseconds to import the plugin and its package, when pytest is already imported."""
    command = [sys.executable, "-X", "importtime", "-c", "import pytest, personas.testing.plugin"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # "import time: self | cumulative | name", in µs; lines without indent include the others
    lines = re.findall(r"\| +(\d+) \| personas", done.stderr)
    return sum(map(int, lines)) / 1000


if __name__ == "__main__":
    main()
