"""Which module of the product a tool belongs to (contract, section 1)."""

import re

SERVER = re.compile(r"mcp__.+?__", re.DOTALL)  # of an MCP tool's name; the shortest
MARKER = "__"  # the modules of the runner's own rows begin with it


def module_of(tool: str) -> str | None:
    """`todo.create`, `todo_create` and `mcp__mana__todo_create` → `todo`; `search` → None."""
    if tool.startswith(MARKER):
        return tool.partition(".")[0]
    name = tool[found.end() :] if (found := SERVER.match(tool)) else tool
    for mark in (".", "_"):
        module, mark_found, _ = name.partition(mark)
        if mark_found:
            return module or None
    return None


def is_marker(module: str | None) -> bool:
    """Whether it stands for the runner itself, not for a part of the product."""
    return module is not None and module.startswith(MARKER)
