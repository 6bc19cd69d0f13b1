"""Keeps the automatic test users of a product."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from personas.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used: importing the package costs nothing."""
    if name == "create_app":
        from personas.app import create_app  # imports Flask and all that hangs on it

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
