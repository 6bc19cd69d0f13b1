"""Log an account in and act in its session."""

import copy
from collections.abc import Mapping
from typing import Any, Self, TypeVar

import httpx

from personas.client.answers import Account, CurrentSession, Nothing, Tokens
from personas.client.errors import ProblemError
from personas.client.transport import PATIENCE, TIMEOUT, Credential, Transport

T = TypeVar("T")


class Session(Transport):
    """A connection to the service as one account: by an access token, or after `login`.

    A refresh token, where there is one, replaces an access token that has expired.
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
        super().__init__(url, timeout=timeout, patience=patience)
        self._token = token
        self._refresh_token = refresh_token
        self._cookies = httpx.Cookies()

    @property
    def token(self) -> str | None:
        """The current access token."""
        return self._token

    def http(self) -> httpx.Client:
        """A bare HTTP client in the same session, for calls without a method here; after a login
        it sends the session cookie too. The caller closes it."""
        credential = self._credential
        headers = credential.headers if credential else {}
        return self._connect(base_url=self.url, headers=headers, cookies=self._cookies)

    def login(self, email: str, password: str) -> None:
        """Start a session as this account. With an admin's token before, it is not limited."""
        credentials = {"email": email, "password": password}
        self._open("login", credentials, credential=self._credential)
        self._cookies = self._answered_cookies

    def log_in_as(self, email: str, password: str) -> Self:
        """Log another account in: a second session over the same connection."""
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
        """Send a request with the access token. It may be sent twice: it must be safe to repeat.

        `content` is httpx's: `json`, `params`.
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
        """Not repeated after a lost answer: a refresh token sent twice looks like theft."""
        path = f"/api/v1/auth/{action}"
        tokens = self._send(
            "POST", path, Tokens, credential=credential, is_repeatable=False, json=body
        )
        self._token, self._refresh_token = tokens.access_token, tokens.refresh_token
