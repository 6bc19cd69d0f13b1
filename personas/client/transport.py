"""Requests of our own client: with time limits, sent again where that is right, answered by JSON.

httpx takes 100 ms to import: whoever may not need this module imports it where it is used.
"""

import ipaddress
import json
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

CONNECT_TIMEOUT = 5.0  # seconds
ATTEMPTS = 4
PAUSE = 0.25  # seconds before the next attempt where the service names none
MAX_DETAIL = 1000
TOKEN = re.compile(r"[!-~]+")  # what a header holds (RFC 9110, 5.5), less the blank
LOST = (httpx.NetworkError, httpx.RemoteProtocolError)  # worth another attempt; a timeout is not


class ClientError(Exception):
    """A call did not work. The text is a sentence for people, and holds no token."""


class Unreachable(ClientError):
    """Nobody answers at this address, or not in time."""


class UnexpectedAnswer(ClientError):
    """Somebody answers at this address, but not like this service."""


class ProblemError(ClientError):
    """What the service says is wrong (RFC 9457); `errors` maps a field's path to its messages."""

    def __init__(
        self, status: int, title: str, detail: str, errors: Mapping[str, list[str]]
    ) -> None:
        super().__init__(status, title, detail, errors)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors

    def __str__(self) -> str:
        named = [f"{path}: {' '.join(said)}" for path, said in self.errors.items()]
        return " ".join(named) or self.detail


class Transport:
    """The connection to the service at `url`; see Client for what it promises."""

    def __init__(self, url: str, *, timeout: float, patience: float) -> None:
        base = _parse(url)
        self.url = str(base).rstrip("/")
        self.is_loopback = _is_loopback(base.raw_host.decode())
        self.is_encrypted = base.scheme == "https"
        self._patience = patience
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))
        self._http = self._connect()
        self.cookies = httpx.Cookies()  # of the last answer

    def close(self) -> None:
        self._http.close()

    def http(self, token: str | None, cookies: httpx.Cookies) -> httpx.Client:
        """A bare client that shows the token and the cookies."""
        headers = _authorization(token)
        return self._connect(base_url=self.url, headers=headers, cookies=cookies)

    def _connect(self, **options: Any) -> httpx.Client:
        # what is on this machine is not asked through the environment's proxy
        trust_env = not self.is_loopback
        try:
            return httpx.Client(timeout=self._timeout, trust_env=trust_env, **options)
        except (ImportError, OSError, ValueError) as error:  # ALL_PROXY=socks5:…, SSL_CERT_FILE
            raise ClientError(f"The environment's proxy or certificates: {error}") from None

    def send(
        self, method: str, path: str, *, token: str | None, is_repeatable: bool, **content: Any
    ) -> dict[str, Any]:
        """The JSON object that the service answers, an empty one for 204. Raises ClientError.

        `content` is httpx's: `json`, `params`. What is not repeatable is sent again only where
        the service says that it has not been done (429, 503).
        """
        content["headers"] = _authorization(token)
        left = self._patience
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._attempt(method, path, content)
            pause = _pause(answer, is_repeatable=is_repeatable)
            if pause is None or pause > left or attempt == ATTEMPTS:
                break
            left -= pause
            time.sleep(pause)
        if isinstance(answer, httpx.Response):
            return self._read(answer, token)
        raise Unreachable(f"Cannot reach {self.url}: {_reason(answer)}.")

    def _attempt(
        self, method: str, path: str, content: Mapping[str, Any]
    ) -> httpx.Response | httpx.HTTPError:
        try:
            return self._http.request(method, f"{self.url}{path}", **content)
        except httpx.HTTPError as error:
            return error
        finally:
            self.cookies = httpx.Cookies(self._http.cookies)
            self._http.cookies.clear()  # a login's: here the token alone says who asks

    def _read(self, response: httpx.Response, token: str | None) -> dict[str, Any]:
        if response.status_code == HTTPStatus.NO_CONTENT:
            return {}
        document = _json(response, token)
        if response.is_success and isinstance(document, dict):
            return document
        match document:
            case {"status": response.status_code, "title": str(title), "detail": str(detail)}:
                errors = _errors(document.get("errors"))
                raise ProblemError(response.status_code, _plain(title), _plain(detail), errors)
        what = f"status {response.status_code}"
        raise self.unexpected(
            f"{what}; a token follows no redirect" if response.has_redirect_location else what
        )

    def unexpected(self, what: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.url} does not answer like a personas service ({what}).")


def _parse(url: str) -> httpx.URL:
    """Raises ValueError, without the text: it may hold a password."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode()
        host.encode("idna")  # as the resolver will
    except (httpx.InvalidURL, ValueError):
        host = ""
    if (
        not host
        or parsed.scheme not in ("http", "https")
        or (parsed.port or 0) > 65535
        or parsed.userinfo
        or parsed.query
        or parsed.fragment
    ):
        raise ValueError("is not a URL like https://personas.example.org")
    return parsed


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost and its subdomains (RFC 6761, 6.3), 127/8, ::1."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _authorization(token: str | None) -> dict[str, str]:
    if token is None:
        return {}
    if not TOKEN.fullmatch(token):  # httpx would quote it in what it raises
        raise ClientError("The token holds characters that no token has.")
    return {"Authorization": f"Bearer {token}"}


def _pause(answer: httpx.Response | httpx.HTTPError, *, is_repeatable: bool) -> float | None:
    """Seconds until the next attempt; None where there shall be none.

    A date in `Retry-After`, which this service does not send, counts as no word.
    """
    if isinstance(answer, httpx.HTTPError):
        return PAUSE if is_repeatable and isinstance(answer, LOST) else None
    if answer.status_code not in (429, 503):
        return None
    said = answer.headers.get("Retry-After", "")
    return float(said) if re.fullmatch("[0-9]{1,9}", said) else PAUSE


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ProtocolError):
        return "the answer broke off, or is no HTTP"
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)).rstrip(".")


def _json(response: httpx.Response, token: str | None) -> Any:
    """The body, None for what is no JSON. A service that echoes must not show the token."""
    text = response.text.replace(token, "…") if token else response.text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _errors(errors: object) -> dict[str, list[str]]:
    """The messages of a problem document; what has another shape says nothing."""
    if not isinstance(errors, dict):
        return {}
    return {
        _plain(path): [_plain(str(message)) for message in said]
        for path, said in errors.items()
        if isinstance(said, list)
    }


def _plain(text: str) -> str:
    """For a terminal: without control characters, and with an end."""
    return "".join(char if char.isprintable() else "�" for char in text[:MAX_DETAIL])
