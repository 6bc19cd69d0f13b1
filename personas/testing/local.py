"""The service in the tests' own process: one application, and for each test a database of its own.

It reads neither the environment nor `.env`: no test can reach a database that they name.
"""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from personas.app import create_app, reset_in_memory_state
from personas.audit.service import CLI
from personas.auth import service as auth
from personas.auth.guard import COOKIE
from personas.auth.mail import Outbox
from personas.auth.session import LoggedIn, open_for
from personas.auth.token import sign_cookie
from personas.client.answers import Account
from personas.config.secrets import new_private_key, new_secret
from personas.config.settings import Settings
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.persona import derived
from personas.seeding.catalog import Catalog, Entry
from personas.seeding.seed import seed_catalog
from personas.seeding.store import Database
from personas.state import state_of
from personas.testing.person import Person
from personas.testing.serve import Server
from personas.user.email import domain
from personas.user.models import User
from personas.user.stamp import ADMIN


class Local:
    """An application and a template of its database, seeded once."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._template = folder / "template.db"
        self._instance = folder / "instance"
        self._server: Server | None = None
        self.app = create_app("test", values=_values(catalog), instance_path=str(self._instance))
        self.app.testing = True
        self._settings: Settings = state_of(self.app)[Settings]
        self._seed(catalog)
        self._config = dict(self.app.config)

    def _seed(self, catalog: Catalog) -> None:
        with self.app.app_context():
            event.listen(db.engine, "connect", _write_fast)
            ensure_schema()
            seeded = list(seed_catalog(catalog, Database(CLI), dry_run=False, prune=False))
            db.engine.dispose()
        if failed := [f"{one.name}: {one.reason}" for one in seeded if one.reason]:
            pytest.fail("\n".join(["The catalog cannot be seeded.", *failed]), pytrace=False)
        (self._instance / "personas.db").rename(self._template)

    @property
    def url(self) -> str:
        """Of a server that is started for the first who asks."""
        if self._server is None:
            self._server = Server(self.app)
        return self._server.url

    @contextmanager
    def test(self) -> Iterator[None]:
        """The application on a copy of the template, remembering nothing of other tests."""
        self._instance.mkdir(exist_ok=True)
        shutil.copyfile(self._template, self._instance / "personas.db")
        reset_in_memory_state(self.app)
        try:
            yield
        finally:
            state_of(self.app)[Outbox].wait()
            with self.app.app_context():
                db.engine.dispose()
            shutil.rmtree(self._instance)
            self.app.config.clear()
            self.app.config.update(self._config)

    def close(self) -> None:
        if self._server:
            self._server.close()

    def persona(self, entry: Entry) -> Person:
        """A session is opened; nothing is hashed for it."""
        with self.app.app_context():
            logged_in = open_for(entry.email)
        return self._person(logged_in, derived.password(self._settings.seed_secret, entry.email))

    def admin(self) -> Person:
        password = secrets.token_urlsafe()
        with self.app.app_context():
            logged_in = auth.register("admin@example.org", password, "Admin", stamp=ADMIN)
        return self._person(logged_in, password)

    def _person(self, logged_in: LoggedIn, password: str) -> Person:
        person = Person(
            user=_account(logged_in.user),
            password=password,
            token=logged_in.token,
            client=self.app.test_client(),
        )
        # the API takes the token, pages take the cookie
        person.client.environ_base["HTTP_AUTHORIZATION"] = person.headers["Authorization"]
        person.client.set_cookie(COOKIE, sign_cookie(self._settings, logged_in.session_id))
        return person


def _write_fast(connection: Any, _record: object) -> None:
    """What a test writes need not outlive a power cut."""
    connection.execute("PRAGMA synchronous = OFF").close()


@contextmanager
def local(folder: Path, catalog: Catalog) -> Iterator[Local]:
    """A service in this process, until the end of the session. The `folder` is its own."""
    service = Local(folder, catalog)
    yield service
    service.close()


def _account(user: User) -> Account:
    """An account as a client reads it."""
    return Account(**{field.name: getattr(user, field.name) for field in fields(Account)})


def _values(catalog: Catalog) -> Mapping[str, str]:
    """Settings that leave no file behind, and let every persona of the catalog in."""
    return {
        "PERSONAS_EMAIL_DOMAINS": ",".join(
            sorted({domain(entry.email) for entry in catalog.personas})
        ),
        "PERSONAS_SECRET_KEY": new_secret(),
        "PERSONAS_SERVICE_KEY": new_secret(),
        "PERSONAS_JWT_PRIVATE_KEY": new_private_key(),
    }
