"""Which module of the product a tool belongs to (contract, section 1)."""

import re

SERVER = re.compile(r"mcp__.+?__", re.DOTALL)  # the prefix of MCP tool names; the shortest match
MARKER = "__"  # the prefix of the runner's own modules


def module_of(tool: str) -> str | None:
    """`todo.create`, `todo_create` and `mcp__mana__todo_create` → `todo`; `search` → None."""
    if tool.startswith(MARKER):
        return tool.partition(".")[0]
    name = tool[server.end() :] if (server := SERVER.match(tool)) else tool
    for separator in (".", "_"):
        module, found, _ = name.partition(separator)
        if found:
            return module or None
    return None


def is_marker(module: str | None) -> bool:
    """Whether this is a marker of the runner itself, not a module of the product."""
    return module is not None and module.startswith(MARKER)
