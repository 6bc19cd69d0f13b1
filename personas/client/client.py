"""A typed client of the service over HTTP. It knows the wire, and nothing of what is behind it.

httpx takes 100 ms to import: whoever may not need this module imports it where it is used.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from personas.client import answers
from personas.client.answers import Account, PersonaRow, PutAnswer, SpaceRow
from personas.client.transport import (
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
    "SpaceRow",
    "UnexpectedAnswer",
    "Unreachable",
]

TIMEOUT = 30.0  # seconds for an answer
PATIENCE = 30.0  # seconds that one call waits, in sum, for a service that says "later"
PERSONAS = "/api/v1/admin/personas"
SPACES = "/api/v1/spaces"
PAGE = 1000  # rows of a list at a time
LIST = "no list of personas"

T = TypeVar("T")


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
        self._cookies = httpx.Cookies()

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
    def is_in_clear_text(self) -> bool:
        """Whether others between this machine and the service can read a token."""
        return not self._transport.is_encrypted and not self.is_loopback

    @property
    def token(self) -> str | None:
        """The access token at work."""
        return self._token

    def http(self) -> httpx.Client:
        """A bare client in the same session, for what has no method here; after a login by its
        cookie, too. Whoever asks for it closes it."""
        return self._transport.http(self._token, self._cookies)

    def login(self, email: str, password: str) -> None:
        """Open a session, and go on in it. With an admin's token until now it is not limited."""
        self._open("login", {"email": email, "password": password}, token=self._token)
        self._cookies = self._transport.cookies

    def session_of(self, email: str, password: str) -> Self:
        """Log somebody else in: another client, over the same connection."""
        other = copy.copy(self)
        other.login(email, password)
        return other

    def me(self) -> Account:
        """Whose session this is."""
        session = self._call("GET", "/api/v1/auth/session")
        return self._read(answers.account, session.get("user"), "no account")

    def logout(self) -> None:
        """End the session."""
        self._call("POST", "/api/v1/auth/logout")

    def refresh(self) -> None:
        """Spend the refresh token for the next pair of tokens."""
        self._open("refresh", {"refreshToken": self._refresh_token})

    def put_persona(self, persona: Mapping[str, object], *, dry_run: bool = False) -> PutAnswer:
        """Make a persona, or make it what `persona` says (wire names; contract, section 3)."""
        query = {"dryRun": "true"} if dry_run else None
        put = self._call("POST", PERSONAS, json=persona, params=query)
        return self._read(answers.put, put, "no persona")

    def personas(self, *, limit: int | None = None) -> list[PersonaRow]:
        """The newest personas first, all of them without `limit`."""
        query = None if limit is None else {"limit": limit}
        match self._call("GET", PERSONAS, params=query):
            case {"personas": [*rows], "nextCursor": str() | None}:
                return [self._read(answers.persona_row, row, LIST) for row in rows]
        raise self._transport.unexpected(LIST)

    def persona(self, user_id: str) -> dict[str, Any]:
        """One persona, by the names of the wire."""
        found = self._call("GET", f"{PERSONAS}/{user_id}")
        return self._read(answers.persona, found, "no persona")

    def account(self, email: str) -> dict[str, Any]:
        """One account by its canonical e-mail, by the names of the wire; empty if there is none."""
        query = {"kind": "all", "q": email}
        for row in self._pages("/api/v1/admin/users", "users", query):
            if isinstance(row, dict) and row.get("email") == email:
                return row
        return {}

    def delete_persona(self, user_id: str) -> None:
        """Delete a persona and all that is its own. Somebody may have been faster: gone is gone."""
        try:
            said = self._call("DELETE", f"{PERSONAS}/{user_id}")
        except ProblemError as error:
            if error.status == 404:
                return
            raise
        if said.get("deleted") != user_id:
            raise self._transport.unexpected("nothing deleted")

    def spaces(self, space_type: str, q: str | None = None) -> Iterator[SpaceRow]:
        """The spaces of a type, the newest first; with `q` in their name or slug."""
        query = {"type": space_type} if q is None else {"type": space_type, "q": q}
        for row in self._pages("/api/v1/admin/spaces", "spaces", query):
            yield self._read(answers.space_row, row, "no list of spaces")

    def create_space(self, name: str, space_type: str, slug: str) -> str:
        """Make a space, owned by the one who is logged in; its id."""
        body = {"name": name, "type": space_type, "slug": slug}
        made = self._call("POST", SPACES, json=body)
        return self._read(answers.made, made.get("space"), "no space")

    def rename_space(self, space_id: str, name: str) -> None:
        self._call("PATCH", f"{SPACES}/{space_id}", json={"name": name})

    def invite(self, space_id: str, email: str, role: str) -> str:
        """Invite an e-mail into a space; the id of the invitation."""
        body = {"email": email, "role": role}
        sent = self._call("POST", f"{SPACES}/{space_id}/invitations", json=body)
        return self._read(answers.made, sent.get("invitation"), "no invitation")

    def accept(self, invitation_id: str) -> None:
        self._call("POST", f"/api/v1/invitations/{invitation_id}/accept")

    def change_role(self, space_id: str, user_id: str, role: str) -> None:
        self._call("PATCH", f"{SPACES}/{space_id}/members/{user_id}", json={"role": role})

    def remove_member(self, space_id: str, user_id: str) -> None:
        self._call("DELETE", f"{SPACES}/{space_id}/members/{user_id}")

    def _pages(self, path: str, name: str, query: Mapping[str, object]) -> Iterator[object]:
        """The rows of all pages of a list. An empty page that is not the last, or a cursor that
        comes twice: such a list may never end."""
        cursor: dict[str, str] = {}
        seen = set()
        while True:
            params = {**query, "limit": PAGE, **cursor}
            match self._call("GET", path, params=params):
                case {"nextCursor": str() | None as following, **rest}:
                    rows = self._read(answers.rows, rest.get(name), f"no list of {name}")
                case _:
                    raise self._transport.unexpected(f"no list of {name}")
            yield from rows
            if following is None:
                return
            if following in seen or not rows:
                raise self._transport.unexpected(f"a list of {name} without an end")
            seen.add(following)
            cursor = {"cursor": following}

    def _read(self, reader: Callable[[object], T | None], value: object, missing: str) -> T:
        read = reader(value)
        if read is None:
            raise self._transport.unexpected(missing)
        return read

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

    def _open(self, door: str, body: Mapping[str, object], token: str | None = None) -> None:
        """Not repeated where its answer is lost: a refresh token shown twice looks like theft."""
        path = f"/api/v1/auth/{door}"
        match self._transport.send("POST", path, token=token, is_repeatable=False, json=body):
            case {"accessToken": str(token), "refreshToken": str(refresh_token)}:
                self._token, self._refresh_token = token, refresh_token
            case _:
                raise self._transport.unexpected("no session")
