"""One application for many tests: making one takes ten times as long as emptying it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from personas.app import start_afresh
from personas.auth.mail import Outbox
from personas.database.engine import db
from personas.state import state_of


def write_fast(app: Flask) -> None:
    """What a test writes need not outlive a power cut: its SQLite file is not flushed to disk."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _without_flushing)


def _without_flushing(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF").close()


@contextmanager
def afresh(app: Flask) -> Iterator[Flask]:
    """Use `app` in one test: it remembers nothing of other tests and has no connection open before
    or after. Its database is the caller's to replace, while no connection is open.
    """
    config, testing = dict(app.config), app.testing
    start_afresh(app)
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
