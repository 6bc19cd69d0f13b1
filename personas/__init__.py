"""Keeps the automatic test users of a product."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personas.app import create_app
    from personas.mount.account import Account
    from personas.mount.extension import Personas
    from personas.mount.guard import current_account, login_required, requires

__all__ = ["Account", "Personas", "create_app", "current_account", "login_required", "requires"]

MODULES = {
    "create_app": "personas.app",
    "Account": "personas.mount.account",
    "current_account": "personas.mount.guard",
    "login_required": "personas.mount.guard",
    "requires": "personas.mount.guard",
    "Personas": "personas.mount.extension",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that importing the package is fast."""
    if name in MODULES:
        return getattr(import_module(MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
