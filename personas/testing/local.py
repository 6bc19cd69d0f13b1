"""The service in the tests' own process: one application, and for each test a database of its own.

It reads neither the environment nor `.env`: no test can reach a database that they name.
"""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from personas.app import create_app
from personas.audit.service import CLI
from personas.auth import service as auth
from personas.auth.guard import COOKIE
from personas.auth.session import LoggedIn, open_session_for
from personas.auth.token import sign_cookie
from personas.client.answers import Account
from personas.config.secrets import new_private_key, new_secret
from personas.config.settings import Settings
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.persona import derived
from personas.seeding.catalog import Catalog, Entry
from personas.seeding.database_store import DatabaseStore
from personas.seeding.seed import seed_catalog
from personas.state import state_of
from personas.testing.afresh import afresh, write_fast
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

    def _seed(self, catalog: Catalog) -> None:
        write_fast(self.app)
        with self.app.app_context():
            ensure_schema()
            store = DatabaseStore(CLI)
            results = list(seed_catalog(catalog, store, dry_run=False, prune=False))
            db.engine.dispose()
        if failed := [f"{one.name}: {one.reason}" for one in results if one.reason]:
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
        try:
            with afresh(self.app):
                yield
        finally:
            shutil.rmtree(self._instance)

    def close(self) -> None:
        if self._server:
            self._server.close()

    def persona(self, entry: Entry) -> Person:
        """A session is opened; nothing is hashed for it."""
        with self.app.app_context():
            logged_in = open_session_for(entry.email)
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


@contextmanager
def local(folder: Path, catalog: Catalog) -> Iterator[Local]:
    """A service in this process, until the end of the session. The `folder` is its own."""
    service = Local(folder, catalog)
    yield service
    service.close()


def _account(user: User) -> Account:
    """An account as a client reads it."""
    return msgspec.convert(user, Account, from_attributes=True)


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
