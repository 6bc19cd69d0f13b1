"""A service somewhere else: each worker of the tests plays clones that are its own."""

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
    """A persona of one worker. Its password is known to that worker alone."""

    user_id: str
    email: str
    password: str = field(repr=False)


class Remote:
    """A service, in an admin's session."""

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
        """What a test leaves on a clone stays there; its sessions are its own."""
        with self._at_end:
            yield

    def persona(self, entry: Entry) -> Person:
        clone = self._clones.get(entry.email) or self._clone(entry)
        try:
            with Session(self.url) as session:
                session.login(clone.email, clone.password)
                return self._person(session, clone.password)
        except ClientError as error:
            pytest.fail(f"{clone.email} cannot log in: {error}", pytrace=False)

    def admin(self) -> Person:
        with _told():
            return self._person(self._session, None)

    def _person(self, session: Session, password: str | None) -> Person:
        http = self._at_end.enter_context(session.http())
        return Person(user=session.me(), password=password, token=str(session.token), client=http)

    def _clone(self, entry: Entry) -> Clone:
        """Make it, or take over what a run left behind that was killed."""
        email, password = entry.email.replace("@", f"+{self._worker}@"), secrets.token_urlsafe()
        with _told():
            put = self._admin.put_persona(body(replace(entry, email=email), password))
        if put.user_id is None:
            pytest.fail(f"{self.url} has made no {email}", pytrace=False)
        self._clones[entry.email] = clone = Clone(put.user_id, put.email, password)
        return clone

    def delete_clones(self) -> None:
        """Fails where that does not work, and names those that are left."""
        left = []
        for clone in self._clones.values():
            try:
                self._admin.delete_persona(clone.user_id)
            except ClientError as error:
                left.append(f"{clone.email} is left behind: {message(error)}")
        if left:
            pytest.fail("\n".join(left), pytrace=False)


@contextmanager
def remote(url: str, *, token: str, worker: str) -> Iterator[Remote]:
    """The service at `url`, for an admin with this token, until the end of the session."""
    try:
        session = Session(url, token=token)
    except ValueError as error:
        pytest.fail(f"--personas-url {error}", pytrace=False)
    if session.is_in_clear_text:
        warnings.warn(f"The admin's token travels in clear text to {session.url}", stacklevel=2)
    with session:
        service = Remote(session, worker)
        yield service
        service.delete_clones()


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong with the admin's token, in a sentence."""
    try:
        yield
    except ClientError as error:
        pytest.fail(message(error), pytrace=False)
