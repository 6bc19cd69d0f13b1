"""A session of one account: log in, refresh, log out, and call the API."""

import copy
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import httpx

from personas.client.answers import Account, CurrentSession, Nothing, Tokens
from personas.client.errors import ProblemError
from personas.client.transport import MAX_WAIT, TIMEOUT, Credential, Transport

T = TypeVar("T")


class Session(Transport):
    """A connection to the service as one account, by an access token or after `login`.

    With a refresh token, an expired access token is replaced.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        refresh_token: str | None = None,
        timeout: float = TIMEOUT,
        max_wait: float = MAX_WAIT,
    ) -> None:
        super().__init__(url, timeout=timeout, max_wait=max_wait)
        self._token = token
        self._refresh_token = refresh_token
        self._cookies = httpx.Cookies()

    @property
    def token(self) -> str | None:
        """The current access token."""
        return self._token

    def http(self) -> httpx.Client:
        """Return an HTTP client in the same session, for calls without a method here. After a
        login it also sends the session cookie. The caller closes it."""
        credential = self._credential
        headers = credential.headers if credential else {}
        return self._connect(base_url=self.url, headers=headers, cookies=self._cookies)

    def login(self, email: str, password: str) -> None:
        """Start a session as this account. With an admin's token, logins have no rate limit."""
        credentials = {"email": email, "password": password}
        self._open("login", credentials, credential=self._credential)
        self._cookies = self._answered_cookies

    def log_in_as(self, email: str, password: str) -> Self:
        """Return a second session, of another account, over the same connection."""
        other = copy.copy(self)
        other.login(email, password)
        return other

    def refresh(self) -> None:
        """Exchange the refresh token for the next pair of tokens."""
        self._open("refresh", {"refreshToken": self._refresh_token}, credential=None)

    def me(self) -> Account:
        """The account of this session."""
        return self.call("GET", "/api/v1/auth/session", CurrentSession).user

    def logout(self) -> None:
        """End the session."""
        self.call("POST", "/api/v1/auth/logout", Nothing)

    def call(self, method: str, path: str, answer: type[T], **content: Any) -> T:
        """Send a request with the access token, and read the answer as this type.

        The request may be sent twice, so it must be safe to repeat. `content` are httpx's `json`
        and `params`. Raises ClientError.
        """
        try:
            return self._call(method, path, answer, **content)
        except ProblemError as error:
            if error.status != 401 or self._refresh_token is None:
                raise
        self.refresh()
        return self._call(method, path, answer, **content)

    def _call(self, method: str, path: str, answer: type[T], **content: Any) -> T:
        credential = self._credential
        return self._send(
            method, path, answer, credential=credential, is_repeatable=True, **content
        )

    @property
    def _credential(self) -> Credential | None:
        return None if self._token is None else Credential(self._token)

    def _open(
        self, action: str, body: Mapping[str, object], *, credential: Credential | None
    ) -> None:
        """Store new tokens. Not repeated if the answer is lost: a refresh token that is used twice
        counts as theft."""
        path = f"/api/v1/auth/{action}"
        tokens = self._send(
            "POST", path, Tokens, credential=credential, is_repeatable=False, json=body
        )
        self._token, self._refresh_token = tokens.access_token, tokens.refresh_token
