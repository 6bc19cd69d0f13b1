"""The commands in processes of their own, on a terminal or without one."""

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
    """Start `flask personas …` as a process of its own, on a database of its own."""
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
    """Run a command on a terminal; its exit code, and all that it wrote there."""
    ours, theirs = pty.openpty()
    process = flask(folder, *args, no_color=no_color, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:
        pass  # Linux says so when the other side has closed
    finally:
        os.close(ours)
    return process.wait(timeout=60), written.decode()


def screen(written: str) -> list[str]:
    """What stands on the terminal in the end."""
    lines = []
    for text in COLOUR.sub("", written).split("\n"):
        line = ""
        for piece in text.split("\r"):
            overwritten = piece.removeprefix("\x1b[K")
            line = overwritten if overwritten != piece else piece + line[len(piece) :]
        lines.append(line.rstrip())
    return lines
