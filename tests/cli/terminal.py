"""Commands in separate processes, with or without a terminal."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def flask(
    folder: Path, *args: str, no_color: bool = False, **streams: Any
) -> subprocess.Popen[Any]:
    """Start `flask personas …` as a separate process on the database in `folder`."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PERSONA", "FLASK")) and name != "NO_COLOR"
    }
    environment |= {
        "PERSONAS_ENV": "development",
        "PERSONAS_DATABASE_URL": f"sqlite:///{folder}/personas.db",
        "TERM": "xterm",
    }
    if no_color:
        environment["NO_COLOR"] = "1"
    command = [sys.executable, "-m", "flask", "--app", "personas", "personas", *args]
    return subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, **streams
    )


def on_terminal(folder: Path, *args: str, no_color: bool = False) -> tuple[int, str]:
    """Run a command on a terminal; return its exit code and everything it wrote."""
    reader, terminal = pty.openpty()
    process = flask(folder, *args, no_color=no_color, stdout=terminal, stderr=terminal)
    os.close(terminal)
    written = b""
    try:
        while chunk := os.read(reader, 65536):
            written += chunk
    except OSError:
        pass  # Linux raises this when the other side has closed
    finally:
        os.close(reader)
    return process.wait(timeout=60), written.decode()


def screen(written: str) -> list[str]:
    """Return the lines that the terminal shows at the end."""
    lines = []
    for text in COLOUR.sub("", written).split("\n"):
        line = ""
        for piece in text.split("\r"):
            overwritten = piece.removeprefix("\x1b[K")
            line = overwritten if overwritten != piece else piece + line[len(piece) :]
        lines.append(line.rstrip())
    return lines
