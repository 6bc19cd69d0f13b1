"""The service in the process of the tests: one application, and a new database for each test.

It reads neither the environment nor `.env`, so no test can use a database that they configure.
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
from personas.testing.fresh_app import fresh_app, write_fast
from personas.testing.person import Person
from personas.testing.serve import Server
from personas.user.email import domain
from personas.user.models import User
from personas.user.stamp import ADMIN


class LocalService:
    """An application, and a template of its database that is seeded once."""

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
        if failed := [f"{result.name}: {result.reason}" for result in results if result.reason]:
            pytest.fail("\n".join(["Cannot seed the catalog.", *failed]), pytrace=False)
        (self._instance / "personas.db").rename(self._template)

    @property
    def url(self) -> str:
        """The address of a server that is started at the first use."""
        if self._server is None:
            self._server = Server(self.app)
        return self._server.url

    @contextmanager
    def test(self) -> Iterator[None]:
        """Give the application a copy of the template, and no state from other tests."""
        self._instance.mkdir(exist_ok=True)
        shutil.copyfile(self._template, self._instance / "personas.db")
        try:
            with fresh_app(self.app):
                yield
        finally:
            shutil.rmtree(self._instance)

    def close(self) -> None:
        if self._server:
            self._server.close()

    def persona(self, entry: Entry) -> Person:
        """Open a session directly: a login would verify a password hash, which is slow."""
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
        # the API uses the token, pages use the cookie
        person.client.environ_base["HTTP_AUTHORIZATION"] = person.headers["Authorization"]
        person.client.set_cookie(COOKIE, sign_cookie(self._settings, logged_in.session_id))
        return person


@contextmanager
def local(folder: Path, catalog: Catalog) -> Iterator[LocalService]:
    """A service in this process, until the end of the session. Nothing else may use `folder`."""
    service = LocalService(folder, catalog)
    yield service
    service.close()


def _account(user: User) -> Account:
    """The account as the client returns it."""
    return msgspec.convert(user, Account, from_attributes=True)


def _values(catalog: Catalog) -> Mapping[str, str]:
    """Settings that create no secret files and accept every e-mail domain of the catalog."""
    return {
        "PERSONAS_EMAIL_DOMAINS": ",".join(
            sorted({domain(entry.email) for entry in catalog.personas})
        ),
        "PERSONAS_SECRET_KEY": new_secret(),
        "PERSONAS_SERVICE_KEY": new_secret(),
        "PERSONAS_JWT_PRIVATE_KEY": new_private_key(),
    }
