"""Run the `console` blocks of a page of Markdown, as a reader would, and compare their output.

    python3 .ci/console.py README.md [--only TEXT] [--skip TEXT]

A line after `$ ` is a command (`> ` or a trailing backslash goes on with it); the lines below it
are what it must print, `…` standing for anything; without such lines anything will do. All
commands share one shell. One that serves (its last words are `flask run`, or it names gunicorn)
goes to the background and is waited for. `--only` and `--skip` choose blocks by a text in them.
Needs nothing but Python.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^ *```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SERVES = re.compile(r"flask( --app \S+)? run( |$)|gunicorn ")
WAIT = (
    "for i in $(seq 600); do (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.5;"
    " done; (exec 3<>/dev/tcp/127.0.0.1/{port})"
)
END = "::the end of command"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--skip")
    options = parser.parse_args()
    blocks = [
        block
        for block in BLOCK.findall(options.page.read_text())
        if (not options.only or options.only in block)
        and (not options.skip or options.skip not in block)
    ]
    commands = [pair for block in blocks for pair in _commands(block)]
    shell = subprocess.Popen(
        ["bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that the servers end with it
    )
    try:
        failures = [_run(shell, command, expected) for command, expected in commands]
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
    print(f"{options.page}: {len(commands)} commands, {sum(failures)} wrong")
    sys.exit(any(failures))


def _commands(block: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith(">") or found[-1][0].endswith("\\"):
            found[-1] = (f"{found[-1][0]}\n{line.removeprefix('>').removeprefix(' ')}", [])
        else:
            found[-1][1].append(line)
    return found


def _run(shell: subprocess.Popen[str], command: str, expected: list[str]) -> bool:
    """Run one command in the shell; answer whether it went wrong."""
    print(f"$ {command}", flush=True)
    if SERVES.search(command) and _is_taken(_port(command)):
        print(f"-- port {_port(command)} is taken by somebody else")
        return True
    assert shell.stdin and shell.stdout
    typed = command
    if SERVES.search(command):
        typed = f"{{ {command}\n}} >server.log 2>&1 & " + WAIT.format(port=_port(command))
    shell.stdin.write(f"{typed}\nprintf '\\n%s %s\\n' '{END}' $?\n")
    shell.stdin.flush()
    printed = []
    for line in shell.stdout:
        if line.startswith(END):
            code = int(line.split()[-1])
            break
        print(line, end="", flush=True)
        printed.append(line.rstrip())
    else:
        code = -1
    if code:
        print(f"-- exit {code}")
        return True
    pattern = r"\n".join(re.escape(line.rstrip()).replace("…", ".*") for line in expected)
    if expected and not re.fullmatch(pattern, "\n".join(printed).strip(), re.DOTALL):
        print("-- expected:\n" + "\n".join(expected))
        return True
    return False


def _port(command: str) -> int:
    named = re.search(r"(?:-p|--port|-b \S*?:|--bind \S*?:)\s*(\d+)", command)
    return int(named[1]) if named else 5000


def _is_taken(port: int) -> bool:
    """Whether somebody serves there already: we would talk to the wrong one."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
