"""A service somewhere else: each worker of the tests plays clones that are its own."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest

from personas.cli.remote import Remote as Place
from personas.cli.remote import body, says
from personas.cli.target import clear_text
from personas.client import Client, ClientError
from personas.persona.catalog import Entry
from personas.testing.person import Person


@dataclass(frozen=True)
class Clone:
    """A persona of one worker. Its password is known to that worker alone."""

    user_id: str
    email: str
    password: str = field(repr=False)


class Remote:
    """A service behind a client with an admin's token."""

    def __init__(self, client: Client, worker: str) -> None:
        self._client = client
        self._worker = worker
        self._clones: dict[str, Clone] = {}
        self._at_end = ExitStack()

    @property
    def url(self) -> str:
        return self._client.url

    @contextmanager
    def test(self) -> Iterator[None]:
        """What a test leaves on a clone stays there; its sessions are its own."""
        with self._at_end:
            yield

    def persona(self, entry: Entry) -> Person:
        clone = self._clones.get(entry.email) or self._clone(entry)
        with (
            _told(lambda error: f"{clone.email} cannot log in: {error}"),
            Client(self._client.url) as client,
        ):
            client.login(clone.email, clone.password)
            return self._person(client, clone.password)

    def admin(self) -> Person:
        with _told():
            return self._person(self._client, None)

    def _person(self, client: Client, password: str | None) -> Person:
        http = self._at_end.enter_context(client.http())
        return Person(user=client.me(), password=password, token=str(client.token), client=http)

    def _clone(self, entry: Entry) -> Clone:
        """Make it, or take over what a run left behind that was killed."""
        email, password = entry.email.replace("@", f"+{self._worker}@"), secrets.token_urlsafe()
        with _told():
            put = self._client.put_persona(body(replace(entry, email=email), password))
        if put.user_id is None:
            pytest.fail(f"{self.url} gives {email} no id: it was not made.", pytrace=False)
        self._clones[entry.email] = clone = Clone(put.user_id, put.email, password)
        return clone

    def delete_clones(self) -> None:
        """Fails where that does not work, and names those that are left."""
        left = []
        for clone in self._clones.values():
            try:
                Place(self._client).delete(clone.user_id)
            except ClientError as error:
                left.append(f"{clone.email} is left behind: {says(error)}")
        if left:
            pytest.fail("\n".join(left), pytrace=False)


@contextmanager
def remote(url: str, *, token: str, worker: str) -> Iterator[Remote]:
    """The service at `url`, for an admin with this token, until the end of the session."""
    try:
        client = Client(url, token=token)
    except ValueError as error:
        pytest.fail(f"--personas-url {error}", pytrace=False)
    with client:
        service = Remote(client, worker)
        yield service
        service.delete_clones()


def warning(url: str) -> str | None:
    """What to say before a token is sent to `url`; what is no URL is told when it is used."""
    try:
        with Client(url) as client:
            return clear_text(client)
    except (ValueError, ClientError):
        return None


@contextmanager
def _told(says: Callable[[ClientError], str] = says) -> Iterator[None]:
    """What goes wrong, in a sentence; unless said otherwise, with the admin's token."""
    try:
        yield
    except ClientError as error:
        pytest.fail(says(error), pytrace=False)
