"""The in-memory state of one application: one object in `app.extensions["personas"]`."""

from typing import TypeVar

from flask import Flask, current_app

T = TypeVar("T")

EXTENSION = "personas"  # the key in `app.extensions`


class State:
    """The parts of one application, each found by its type: its settings, its rate limits, …

    By type, so that this module need not import the modules that define the parts.
    """

    def __init__(self, *parts: object) -> None:
        self._parts: dict[type, object] = {}
        self.put(*parts)

    def put(self, *parts: object) -> None:
        """Add these parts, or replace those of the same types."""
        self._parts.update((type(part), part) for part in parts)

    def __getitem__(self, kind: type[T]) -> T:
        part: T = self._parts[kind]  # type: ignore[assignment]  # `put` stores each part under its type
        return part


def state_of(app: Flask) -> State:
    """Return the state of an application that `create_app` returned."""
    state: State = app.extensions[EXTENSION]
    return state


def current(kind: type[T]) -> T:
    """Return this part of the current application's state: `current(Settings).url`."""
    return state_of(current_app)[kind]
