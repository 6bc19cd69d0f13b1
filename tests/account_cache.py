"""Accounts that a worker creates once and then copies, as rows, into the database of each test.

Registering costs ten milliseconds, and most tests need an account or two. The service itself
creates the first account of each key. Its rows are kept, and inserted again if a later test needs
the same account.
"""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from personas.audit.models import AuditEvent
from personas.auth.models import Session
from personas.database import clock
from personas.database.engine import db
from personas.database.session import read, write
from personas.persona.models import Persona
from personas.space.models import Space, SpaceMember
from personas.user.models import User
from tests.people import Account

NOW = clock.now
MAX_AGE = 300.0  # seconds: an access token is valid for 15 minutes
# in the order in which their foreign keys allow to insert them
OWNERS: tuple[tuple[Any, Any], ...] = (
    (User, User.id),
    (Persona, Persona.user_id),
    (Space, Space.personal_of),
    (SpaceMember, SpaceMember.user_id),
    (Session, Session.user_id),
    (AuditEvent, AuditEvent.target),
)


@dataclass(frozen=True)
class Rows:
    """An account and its rows by table."""

    account: Account
    tables: Sequence[tuple[sa.Table, list[dict[str, Any]]]]
    created: float = field(default_factory=time.monotonic)


class AccountCache:
    def __init__(self, app: Flask) -> None:
        """`app` is the shared application: only its databases share their secrets."""
        self._app = app
        self._rows: dict[Hashable, Rows] = {}

    def create(self, app: Flask, key: Hashable, make: Callable[[], Account]) -> Account:
        """The account of this key: its rows if they can be inserted, else what `make` creates."""
        if app is not self._app or clock.now is not NOW:  # other secrets, or another time
            return make()
        rows = self._rows.get(key)
        if rows and time.monotonic() - rows.created < MAX_AGE and self._insert(rows):
            return rows.account
        account = make()
        self._rows[key] = Rows(account, self._read(account.id))
        return account

    def _read(self, user_id: str) -> list[tuple[sa.Table, list[dict[str, Any]]]]:
        tables = []
        with self._app.app_context(), read():
            for model, owner in OWNERS:
                query = sa.select(model.__table__).where(owner == user_id)
                tables.append((model.__table__, [*map(dict, db.session.execute(query).mappings())]))
        return [(table, rows) for table, rows in tables if rows]

    def _insert(self, rows: Rows) -> bool:
        """Insert the rows if nothing in the database is newer, and no e-mail or slug is taken."""
        try:
            with self._app.app_context(), write():
                newest = db.session.scalar(sa.select(sa.func.max(AuditEvent.id)))
                if newest is not None and newest > rows.account.id:
                    return False
                for table, values in rows.tables:
                    db.session.connection().execute(sa.insert(table), values)
        except IntegrityError:
            return False
        return True
