"""Run the `console` blocks of a Markdown page, as a reader would, and compare their output.

    python3 .ci/console.py README.md [--only TEXT] [--skip TEXT]

A line that starts with `$ ` is a command; `> ` or a trailing backslash continues it. The lines
below it are the expected output: `…` matches anything, and without such lines any output is
accepted. All commands share one shell. A command that starts a server (`flask run` or gunicorn)
runs in the background; the script waits until its port is open. `--only` and `--skip` select the
blocks that contain a text. Needs only Python.
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
        start_new_session=True,  # so that its servers are ended with it
    )
    try:
        failures = [_run(shell, command, expected) for command, expected in commands]
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
    print(f"{options.page}: {len(commands)} commands, {sum(failures)} failed")
    sys.exit(any(failures))


def _commands(block: str) -> list[tuple[str, list[str]]]:
    commands: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif line.startswith(">") or commands[-1][0].endswith("\\"):
            commands[-1] = (f"{commands[-1][0]}\n{line.removeprefix('>').removeprefix(' ')}", [])
        else:
            commands[-1][1].append(line)
    return commands


def _run(shell: subprocess.Popen[str], command: str, expected: list[str]) -> bool:
    """Run one command in the shell and return whether it failed."""
    print(f"$ {command}", flush=True)
    if SERVES.search(command) and _is_taken(_port(command)):
        print(f"-- port {_port(command)} is already in use; stop the other server")
        return True
    assert shell.stdin and shell.stdout
    script = command
    if SERVES.search(command):
        script = f"{{ {command}\n}} >server.log 2>&1 & " + WAIT.format(port=_port(command))
    shell.stdin.write(f"{script}\nprintf '\\n%s %s\\n' '{END}' $?\n")
    shell.stdin.flush()
    output = []
    for line in shell.stdout:
        if line.startswith(END):
            code = int(line.split()[-1])
            break
        print(line, end="", flush=True)
        output.append(line.rstrip())
    else:
        code = -1
    if code:
        print(f"-- exit {code}")
        return True
    pattern = r"\n".join(re.escape(line.rstrip()).replace("…", ".*") for line in expected)
    if expected and not re.fullmatch(pattern, "\n".join(output).strip(), re.DOTALL):
        print("-- expected:\n" + "\n".join(expected))
        return True
    return False


def _port(command: str) -> int:
    match = re.search(r"(?:-p|--port|-b \S*?:|--bind \S*?:)\s*(\d+)", command)
    return int(match[1]) if match else 5000


def _is_taken(port: int) -> bool:
    """Whether another server listens already: the commands would use the wrong one."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
