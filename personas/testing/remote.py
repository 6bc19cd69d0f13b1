"""A service elsewhere: each test worker creates and uses its own clones of the personas."""

import secrets
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest

from personas.client.accounts import Session
from personas.client.admin import AdminClient
from personas.client.errors import ClientError
from personas.seeding.catalog import Entry
from personas.seeding.http_store import body, message
from personas.testing.person import Person


@dataclass(frozen=True)
class Clone:
    """A persona of one worker. Only that worker knows its password."""

    user_id: str
    email: str
    password: str = field(repr=False)


class RemoteService:
    """A service that is used in an admin's session."""

    def __init__(self, session: Session, worker: str) -> None:
        self._session = session
        self._admin = AdminClient(session)
        self._worker = worker
        self._clones: dict[str, Clone] = {}
        self._at_end = ExitStack()

    @property
    def url(self) -> str:
        return self._session.url

    @contextmanager
    def test(self) -> Iterator[None]:
        """Close the test's sessions at the end. Changes to a clone stay for later tests."""
        with self._at_end:
            yield

    def persona(self, entry: Entry) -> Person:
        clone = self._clones.get(entry.email) or self._clone(entry)
        try:
            with Session(self.url) as session:
                session.login(clone.email, clone.password)
                return self._person(session, clone.password)
        except ClientError as error:
            pytest.fail(f"Cannot log in as {clone.email}: {error}", pytrace=False)

    def admin(self) -> Person:
        with _fail_on_client_error():
            return self._person(self._session, None)

    def _person(self, session: Session, password: str | None) -> Person:
        http = self._at_end.enter_context(session.http())
        return Person(user=session.me(), password=password, token=str(session.token), client=http)

    def _clone(self, entry: Entry) -> Clone:
        """Create the clone, or reuse one that a killed run left behind."""
        email, password = entry.email.replace("@", f"+{self._worker}@"), secrets.token_urlsafe()
        with _fail_on_client_error():
            put = self._admin.put_persona(body(replace(entry, email=email), password))
        if put.user_id is None:
            pytest.fail(f"{self.url} did not create the persona {email}", pytrace=False)
        self._clones[entry.email] = clone = Clone(put.user_id, put.email, password)
        return clone

    def delete_clones(self) -> None:
        """Delete all clones. Fails if some cannot be deleted, and names them."""
        failures = []
        for clone in self._clones.values():
            try:
                self._admin.delete_persona(clone.user_id)
            except ClientError as error:
                failures.append(f"Cannot delete {clone.email}: {message(error)}")
        if failures:
            pytest.fail("\n".join(failures), pytrace=False)


@contextmanager
def remote(url: str, *, token: str, worker: str) -> Iterator[RemoteService]:
    """The service at `url`, with an admin's access token, until the end of the session."""
    try:
        session = Session(url, token=token)
    except ValueError as error:
        pytest.fail(f"--personas-url {error}", pytrace=False)
    if session.is_in_clear_text:
        warnings.warn(f"The admin's token is sent in clear text to {session.url}", stacklevel=2)
    with session:
        service = RemoteService(session, worker)
        yield service
        service.delete_clones()


@contextmanager
def _fail_on_client_error() -> Iterator[None]:
    """Fail the test with one sentence if a request with the admin's token fails."""
    try:
        yield
    except ClientError as error:
        pytest.fail(message(error), pytrace=False)
