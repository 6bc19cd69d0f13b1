"""Keeps the automatic test users of a product."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personas.account import Account
    from personas.app import create_app
    from personas.gate import current_account, login_required, requires
    from personas.mount import Personas

__all__ = ["Account", "Personas", "create_app", "current_account", "login_required", "requires"]

HOMES = {
    "create_app": "personas.app",
    "Account": "personas.account",
    "current_account": "personas.gate",
    "login_required": "personas.gate",
    "requires": "personas.gate",
    "Personas": "personas.mount",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used: importing the package costs nothing."""
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
