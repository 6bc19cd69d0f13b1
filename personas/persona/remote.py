"""The personas of a running service, over HTTP. Imported only where that is asked for."""

from collections.abc import Iterator, Sequence

from personas.client import Client, ClientError, ProblemError, Unreachable
from personas.config import ConfigError, settings
from personas.persona import derived
from personas.persona.catalog import Entry
from personas.persona.plan import FIELDS
from personas.persona.seed import Seeded
from personas.persona.target import Live
from personas.variable import DEV_SEED_SECRET

SAYS = {
    401: "The token is not good or has expired. Where the service runs, "
    "`flask personas token EMAIL` prints a fresh one.",
    403: "This account is not an admin.",
}


class PublishedSecret(ConfigError):
    """Everybody knows the passwords that come from the published seed secret."""


class Remote:
    """A target (see there) behind a client with an admin's token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[Seeded]:
        """One after the other, so that they get the ids' order that they have in a database.

        Raises PublishedSecret and, before anything is written, ClientError. Where the service
        or the session ends later, the rest fails without being asked for.
        """
        if settings().seed_secret == DEV_SEED_SECRET and not self._client.is_loopback:
            raise PublishedSecret(
                f"The published seed secret is not for {self._client.url}. "
                "Set PERSONA_SEED_SECRET to that of the service."
            )
        self._client.personas(limit=1)  # is it such a service, and are we an admin there?
        left = iter(entries)
        for entry in left:
            try:
                yield self._put(entry, dry_run=dry_run)
            except ClientError as error:
                yield _failed(entry, error)
                if _is_the_end(error):
                    yield from (_failed(other, error) for other in left)

    def personas(self) -> list[Live]:
        return [Live(row.user_id, row.email) for row in self._client.personas()]

    def delete(self, user_id: str) -> None:
        try:
            self._client.delete_persona(user_id)
        except ProblemError as error:
            if error.status != 404:
                raise

    def _put(self, entry: Entry, *, dry_run: bool) -> Seeded:
        password = derived.password(settings().seed_secret, entry.email)
        answer = self._client.put_persona(body(entry, password=password), dry_run=dry_run)
        word = "created" if answer.created else "updated" if answer.changed else "unchanged"
        return Seeded(email=entry.email, name=entry.name, word=word, changed=answer.changed)


def _failed(entry: Entry, error: ClientError) -> Seeded:
    return Seeded(email=entry.email, name=entry.name, word="failed", reason=says(error))


def says(error: ClientError) -> str:
    """The error for whoever sits at the command line."""
    if isinstance(error, ProblemError):
        return SAYS.get(error.status, str(error))
    return str(error)


def _is_the_end(error: ClientError) -> bool:
    if isinstance(error, ProblemError):
        return error.status in SAYS
    return isinstance(error, Unreachable)


def body(entry: Entry, *, password: str) -> dict[str, object]:
    """What is sent to make a persona."""
    described = {FIELDS[key]: value for key, value in entry.description.items()}
    return {"email": entry.email, "password": password, **described}
