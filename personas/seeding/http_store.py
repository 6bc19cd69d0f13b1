"""The personas and spaces of a running service, over HTTP. Imported only where that is asked
for."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

from personas.client.client import Client, ClientError, ProblemError, SpaceRow, Unreachable
from personas.config.parsing import DEV_SEED_SECRET
from personas.config.settings import ConfigError, Settings
from personas.persona import derived
from personas.persona.plan import FIELDS
from personas.seeding.catalog import Entry, SpaceEntry
from personas.seeding.personas import Seeded
from personas.seeding.space_plan import Found, Holder, MemberPlan
from personas.seeding.spaces import Failed
from personas.seeding.store import Live, by_slug
from personas.state import current

HINTS = {
    401: "The token is not good or has expired. Where the service runs, "
    "`flask personas token EMAIL` prints a fresh one.",
    403: "This account is not an admin.",
}
NO_HINTS: Mapping[int, str] = MappingProxyType({})  # for what is done in a persona's session


class PublishedSecret(ConfigError):
    """Everybody knows the passwords that come from the published seed secret."""


class Remote:
    """A place (see there) behind a client with an admin's token.

    What is done as a persona is done in a session of its own, opened by its derived password when
    that is first needed; `close` ends them all.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sessions: dict[str, Client] = {}
        self._away: str | None = None  # why the service does not answer any more

    def close(self) -> None:
        for session in self._sessions.values():
            with suppress(ClientError):  # the work is done, and a session ends by itself as well
                session.logout()
        self._sessions.clear()

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[Seeded]:
        """One after the other, so that they get the ids' order that they have in a database.

        Raises PublishedSecret and, before anything is written, ClientError. Where the service
        or the session ends later, the rest fails without being asked for.
        """
        if current(Settings).seed_secret == DEV_SEED_SECRET and not self._client.is_loopback:
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

    def values(self, persona: Live) -> Mapping[str, Any]:
        found = self._client.persona(persona.user_id) | self._client.account(persona.email)
        return {name: found[name] for name in FIELDS.values() if name in found}

    def delete(self, user_id: str) -> None:
        self._client.delete_persona(user_id)

    def spaces(self, slugs: Collection[str] = ()) -> dict[str, Found]:
        with self._failing(HINTS):
            return by_slug(self._spaces, slugs)

    def create_space(self, wanted: SpaceEntry) -> str:
        with self._failing():
            owner = self._as(wanted.owner)
            return owner.create_space(wanted.name, wanted.type, wanted.slug)

    def rename_space(self, space_id: str, wanted: SpaceEntry) -> None:
        with self._failing():
            self._as(wanted.owner).rename_space(space_id, wanted.name)

    def add_member(self, space_id: str, planned: MemberPlan, *, owner: str) -> None:
        with self._failing():
            invited = self._as(owner).invite(space_id, planned.email, planned.role)
            self._as(planned.email).accept(invited)

    def change_role(self, space_id: str, holder: Holder, role: str, *, owner: str) -> None:
        with self._failing():
            self._as(owner).change_role(space_id, holder.user_id, role)

    def remove_member(self, space_id: str, holder: Holder, *, owner: str) -> None:
        with self._failing():
            self._as(owner).remove_member(space_id, holder.user_id)

    def _put(self, entry: Entry, *, dry_run: bool) -> Seeded:
        answer = self._client.put_persona(body(entry, _password(entry.email)), dry_run=dry_run)
        word = "created" if answer.created else "updated" if answer.changed else "unchanged"
        return Seeded(email=entry.email, name=entry.name, word=word, changed=answer.changed)

    def _as(self, email: str) -> Client:
        """A client in a session of that persona."""
        if email not in self._sessions:
            password = _password(email)
            self._sessions[email] = self._client.session_of(email, password)
        return self._sessions[email]

    def _spaces(self, space_type: str, q: str | None = None) -> Iterable[Found]:
        return map(_found, self._client.spaces(space_type, q))

    @contextmanager
    def _failing(self, hints: Mapping[int, str] = NO_HINTS) -> Iterator[None]:
        """Where the service does not answer any more, the rest fails without being asked for."""
        if self._away:
            raise Failed(self._away)
        try:
            yield
        except ClientError as error:
            reason = sentence(error, hints)
            if isinstance(error, Unreachable):
                self._away = reason
            raise Failed(reason) from None


def _found(row: SpaceRow) -> Found:
    members = {email: Holder(*seat) for email, seat in row.members.items()}
    return Found(id=row.id, slug=row.slug, name=row.name, type=row.type, members=members)


def _failed(entry: Entry, error: ClientError) -> Seeded:
    return Seeded(email=entry.email, name=entry.name, word="failed", reason=sentence(error))


def sentence(error: ClientError, hints: Mapping[int, str] = HINTS) -> str:
    """The error for whoever sits at the command line."""
    status = error.status if isinstance(error, ProblemError) else 0
    return hints.get(status, str(error))


def _is_the_end(error: ClientError) -> bool:
    if isinstance(error, ProblemError):
        return error.status in HINTS
    return isinstance(error, Unreachable)


def body(entry: Entry, password: str) -> dict[str, object]:
    """What is sent to make a persona."""
    described = {FIELDS[key]: value for key, value in entry.description.items()}
    return {"email": entry.email, "password": password, **described}


def _password(email: str) -> str:
    return derived.password(current(Settings).seed_secret, email)
