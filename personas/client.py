"""A typed client of the service over HTTP. It knows the wire, and nothing of what is behind it.

httpx takes 100 ms to import: whoever may not need this module imports it where it is used.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from personas.account import Account
from personas.transport import (
    ClientError,
    ProblemError,
    Transport,
    UnexpectedAnswer,
    Unreachable,
)

__all__ = [
    "Account",
    "Client",
    "ClientError",
    "PersonaRow",
    "ProblemError",
    "PutAnswer",
    "UnexpectedAnswer",
    "Unreachable",
]

TIMEOUT = 30.0  # seconds for an answer
PATIENCE = 30.0  # seconds that one call waits, in sum, for a service that says "later"
ID = re.compile("[0-9a-f-]{36}")  # it goes into a path
PERSONAS = "/api/v1/admin/personas"


@dataclass(frozen=True)
class PutAnswer:
    """What became of a persona; `user_id` is None for what a dry run would make."""

    user_id: str | None
    email: str
    created: bool
    changed: tuple[str, ...]


@dataclass(frozen=True)
class PersonaRow:
    """One of the list of personas."""

    user_id: str
    email: str


class Client:
    """Speaks to the service at `url`, which has a path where the service is mounted.

    Raises ValueError for what is no such URL; every call raises ClientError. A call is sent
    again after 429 and 503, and after a lost connection if that is safe. Where there is a
    refresh token, it replaces an access token that has expired. No redirect is followed: a token
    is for the host that it was given for.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        refresh_token: str | None = None,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
    ) -> None:
        self._transport = Transport(url, timeout=timeout, patience=patience)
        self._token = token
        self._refresh_token = refresh_token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._transport.close()

    @property
    def url(self) -> str:
        return self._transport.url

    @property
    def is_loopback(self) -> bool:
        """Whether the service is on this machine."""
        return self._transport.is_loopback

    @property
    def is_encrypted(self) -> bool:
        return self._transport.is_encrypted

    @property
    def token(self) -> str | None:
        """The access token at work."""
        return self._token

    def http(self) -> httpx.Client:
        """A bare client in the same session, for what has no method here. Whoever asks for it
        closes it."""
        return self._transport.http(self._token)

    def login(self, email: str, password: str) -> Account:
        """Open a session, and go on in it. Answers whose it is."""
        return self._account(self._open("login", {"email": email, "password": password}))

    def account(self) -> Account:
        """Whose token this is."""
        return self._account(self._call("GET", "/api/v1/auth/session"))

    def refresh(self) -> None:
        """Spend the refresh token for the next pair of tokens."""
        self._open("refresh", {"refreshToken": self._refresh_token})

    def put_persona(self, persona: Mapping[str, object], *, dry_run: bool = False) -> PutAnswer:
        """Make a persona, or make it what `persona` says (wire names; contract, section 3)."""
        query = {"dryRun": "true"} if dry_run else None
        match self._call("POST", PERSONAS, json=persona, params=query):
            case {
                "userId": str() | None as user_id,
                "email": str(email),
                "created": bool(created),
                "changed": [*changed],
            } if all(isinstance(name, str) and name.isprintable() for name in changed):
                return PutAnswer(user_id, email, created, tuple(changed))
        raise self._transport.unexpected("no persona")

    def personas(self, *, limit: int | None = None) -> list[PersonaRow]:
        """The newest personas first, all of them without `limit`."""
        query = None if limit is None else {"limit": limit}
        match self._call("GET", PERSONAS, params=query):
            case {"personas": [*rows], "nextCursor": str() | None}:
                return [self._row(row) for row in rows]
        raise self._transport.unexpected("no list of personas")

    def delete_persona(self, user_id: str) -> None:
        """Delete a persona and all that is its own."""
        answer = self._call("DELETE", f"{PERSONAS}/{user_id}")
        if answer.get("deleted") != user_id:
            raise self._transport.unexpected("nothing deleted")

    def _row(self, row: object) -> PersonaRow:
        match row:
            case {"userId": str(user_id), "email": str(email)} if (
                ID.fullmatch(user_id) and email.isprintable()
            ):
                return PersonaRow(user_id, email)
        raise self._transport.unexpected("no list of personas")

    def _call(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """A call with the token; all of these are safe to repeat."""
        try:
            return self._send(method, path, **content)
        except ProblemError as error:
            if error.status != 401 or self._refresh_token is None:
                raise
        self.refresh()
        return self._send(method, path, **content)

    def _send(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        send = self._transport.send
        return send(method, path, token=self._token, is_repeatable=True, **content)

    def _account(self, answer: Mapping[str, Any]) -> Account:
        try:
            return Account.read(answer.get("user"))
        except ValueError:
            raise self._transport.unexpected("no account") from None

    def _open(self, door: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Not repeated where its answer is lost: a refresh token shown twice looks like theft."""
        path = f"/api/v1/auth/{door}"
        answer = self._transport.send("POST", path, token=None, is_repeatable=False, json=body)
        match answer:
            case {"accessToken": str(token), "refreshToken": str(refresh_token)}:
                self._token, self._refresh_token = token, refresh_token
                return answer
        raise self._transport.unexpected("no session")
