"""Reuse one application in many tests, because creating one takes ten times as long."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from personas.app import reset_in_memory_state
from personas.auth.mail import Outbox
from personas.database.engine import db
from personas.state import state_of


def write_fast(app: Flask) -> None:
    """Do not flush the SQLite file to disk: tests need no protection against power failure."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _without_flushing)


def _without_flushing(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF").close()


@contextmanager
def fresh_app(app: Flask) -> Iterator[Flask]:
    """Use `app` in one test, without state from other tests and without open connections before
    and after it. The caller replaces the database file while no connection is open.
    """
    config, testing = dict(app.config), app.testing
    reset_in_memory_state(app)
    try:
        yield app
    finally:
        close(app)
        app.config.clear()
        app.config.update(config)
        app.testing = testing


def close(app: Flask) -> None:
    """Wait for the mail of `app` to be sent and close its connections."""
    state_of(app)[Outbox].wait()
    with app.app_context():
        db.engine.dispose()
