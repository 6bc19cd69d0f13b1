"""The store of a running service, over HTTP.

This module imports httpx, which takes 100 ms: import it only where it is needed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

import msgspec

from personas.client.accounts import Session
from personas.client.admin import AdminClient
from personas.client.answers import SpaceRow
from personas.client.errors import ClientError, ProblemError, Unreachable
from personas.client.spaces import SpaceClient
from personas.config.parsing import DEV_SEED_SECRET
from personas.config.settings import ConfigError, Settings
from personas.persona import derived
from personas.persona.plan import FIELDS
from personas.seeding.catalog import Entry, SpaceEntry
from personas.seeding.store import (
    Membership,
    PersonaResult,
    SeedingError,
    StoredPersona,
    StoredSpace,
    spaces_by_slug,
)
from personas.state import current

HINTS = {
    401: "The token is invalid or expired. Where the service runs, "
    "`flask personas token EMAIL` prints a new one.",
    403: "This account is not an admin.",
}
NO_HINTS: Mapping[int, str] = MappingProxyType({})  # for requests in a persona's session


class PublishedSecret(ConfigError):
    """The published seed secret must not be used: anyone can derive passwords from it."""


class HttpStore:
    """A Store of a running service, in an admin's session.

    Requests of a persona use a session of that persona. It is opened with the derived password when
    it is first needed, and `close` ends all of them. After the service could not be reached once,
    every method fails without a request.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._admin = AdminClient(session)
        self._persona_sessions: dict[str, Session] = {}
        self._unreachable: str | None = None  # the reason, after a failed attempt

    def close(self) -> None:
        for session in self._persona_sessions.values():
            with suppress(ClientError):  # nothing depends on it, and sessions expire
                session.logout()
        self._persona_sessions.clear()

    def seed(self, entries: Sequence[Entry], *, dry_run: bool) -> Iterator[PersonaResult]:
        """Put one entry after the other, so that ids have the order of the catalog.

        Raises PublishedSecret, and SeedingError before anything is written. If the service becomes
        unreachable or the session ends later, the remaining entries fail without a request.
        """
        self._refuse_published_secret()
        with self._seeding_errors(HINTS):
            self._admin.personas(limit=1)  # fails unless this is our service and an admin's token
        final_error: ClientError | None = None
        for entry in entries:
            if final_error:
                yield _failed(entry, final_error)
                continue
            try:
                result = self._put(entry, dry_run=dry_run)
            except ClientError as error:
                self._remember(error, HINTS)
                final_error = error if _is_final(error) else None
                result = _failed(entry, error)
            yield result

    def personas(self) -> list[StoredPersona]:
        with self._seeding_errors(HINTS):
            return [StoredPersona(row.user_id, row.email) for row in self._admin.personas()]

    def values(self, persona: StoredPersona) -> Mapping[str, Any]:
        with self._seeding_errors(HINTS):
            description = self._admin.persona(persona.user_id)
            account = self._admin.account(persona.email)
        values = msgspec.to_builtins(description) | (msgspec.to_builtins(account) or {})
        return {name: values[name] for name in FIELDS.values() if name in values}

    def delete(self, user_id: str) -> None:
        with self._seeding_errors(HINTS):
            self._admin.delete_persona(user_id)

    def spaces(self, slugs: Collection[str] = ()) -> dict[str, StoredSpace]:
        with self._seeding_errors(HINTS):
            return spaces_by_slug(self._spaces, slugs)

    def create_space(self, space: SpaceEntry) -> str:
        with self._seeding_errors():
            return self._spaces_of(space.owner).create(space.name, space.type, space.slug)

    def rename_space(self, space_id: str, name: str, *, owner: str) -> None:
        with self._seeding_errors():
            self._spaces_of(owner).rename(space_id, name)

    def add_member(self, space_id: str, email: str, role: str, *, owner: str) -> None:
        with self._seeding_errors():
            invitation_id = self._spaces_of(owner).invite(space_id, email, role)
            self._spaces_of(email).accept(invitation_id)

    def change_role(self, space_id: str, user_id: str, role: str, *, owner: str) -> None:
        with self._seeding_errors():
            self._spaces_of(owner).change_role(space_id, user_id, role)

    def remove_member(self, space_id: str, user_id: str, *, owner: str) -> None:
        with self._seeding_errors():
            self._spaces_of(owner).remove_member(space_id, user_id)

    def _refuse_published_secret(self) -> None:
        if current(Settings).seed_secret == DEV_SEED_SECRET and not self._session.is_loopback:
            raise PublishedSecret(
                f"The published seed secret must not be used for {self._session.url}. "
                "Set PERSONA_SEED_SECRET to the same value as that service."
            )

    def _put(self, entry: Entry, *, dry_run: bool) -> PersonaResult:
        answer = self._admin.put_persona(body(entry, _password(entry.email)), dry_run=dry_run)
        outcome = "created" if answer.created else "updated" if answer.changed else "unchanged"
        email, changed = entry.email, answer.changed
        return PersonaResult(email=email, name=entry.name, outcome=outcome, changed=changed)

    def _spaces_of(self, email: str) -> SpaceClient:
        """Return a client in a session of this persona."""
        if email not in self._persona_sessions:
            session = self._session.log_in_as(email, _password(email))
            self._persona_sessions[email] = session
        return SpaceClient(self._persona_sessions[email])

    def _spaces(self, space_type: str, q: str | None = None) -> Iterable[StoredSpace]:
        return map(_stored, self._admin.spaces(space_type, q))

    @contextmanager
    def _seeding_errors(self, hints: Mapping[int, str] = NO_HINTS) -> Iterator[None]:
        if self._unreachable:
            raise SeedingError(self._unreachable)
        try:
            yield
        except ClientError as error:
            raise SeedingError(self._remember(error, hints)) from None

    def _remember(self, error: ClientError, hints: Mapping[int, str]) -> str:
        reason = message(error, hints)
        if isinstance(error, Unreachable):
            self._unreachable = reason
        return reason


def body(entry: Entry, password: str) -> dict[str, object]:
    """Return the request body of a put."""
    description = {FIELDS[key]: value for key, value in entry.description.items()}
    return {"email": entry.email, "password": password, **description}


def message(error: ClientError, hints: Mapping[int, str] = HINTS) -> str:
    """Return the message of an error, or the hint for its status."""
    status = error.status if isinstance(error, ProblemError) else 0
    return hints.get(status, str(error))


def _stored(row: SpaceRow) -> StoredSpace:
    members = {member.email: Membership(member.user_id, member.role) for member in row.members}
    return StoredSpace(id=row.id, slug=row.slug, name=row.name, type=row.type, members=members)


def _failed(entry: Entry, error: ClientError) -> PersonaResult:
    reason = message(error)
    return PersonaResult(email=entry.email, name=entry.name, outcome="failed", reason=reason)


def _is_final(error: ClientError) -> bool:
    """Whether every later request would fail in the same way."""
    if isinstance(error, ProblemError):
        return error.status in HINTS
    return isinstance(error, Unreachable)


def _password(email: str) -> str:
    return derived.password(current(Settings).seed_secret, email)
