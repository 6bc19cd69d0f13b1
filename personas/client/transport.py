"""Send HTTP requests with time limits, repeat them if that is safe, and read typed answers.

httpx takes 100 ms to import: modules that rarely need this one import it inside a function.
"""

import ipaddress
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from personas.client.answers import Problem
from personas.client.errors import ClientError, ProblemError, UnexpectedAnswer, Unreachable

TIMEOUT = 30.0  # seconds for an answer
MAX_WAIT = 30.0  # seconds that one call waits in total while the service answers 429 or 503
CONNECT_TIMEOUT = 5.0  # seconds
ATTEMPTS = 4
PAUSE = 0.25  # seconds before the next attempt if the service sends no Retry-After
MAX_DETAIL = 1000
SECRET = re.compile(r"[!-~]+")  # the characters of a header (RFC 9110, 5.5) except the space
LOST_CONNECTION = (httpx.NetworkError, httpx.RemoteProtocolError)  # a timeout is not repeated
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)

T = TypeVar("T")


@dataclass(frozen=True)
class Credential:
    """A secret that identifies the client, and the header that carries it."""

    secret: str = field(repr=False)
    header: str = "Authorization"
    prefix: str = "Bearer "

    @property
    def headers(self) -> dict[str, str]:
        if not SECRET.fullmatch(self.secret):  # httpx would quote it in its error
            raise ClientError(
                "The token or key contains a character that is not allowed in a header."
            )
        return {self.header: f"{self.prefix}{self.secret}"}


class Transport:
    """A connection to the service at `url`, including the path at which it is mounted.

    Raises ValueError for an invalid URL; every call raises ClientError. A call is repeated after
    429 and 503, and after a lost connection if that is safe. Redirects are not followed, so that a
    credential is never sent to another host.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT, max_wait: float = MAX_WAIT) -> None:
        base = _parse(url)
        self.url = str(base).rstrip("/")
        self.is_loopback = _is_loopback(base.raw_host.decode())
        self._is_encrypted = base.scheme == "https"
        self._max_wait = max_wait
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))
        self._http = self._connect()
        self._answered_cookies = httpx.Cookies()  # from the last answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()

    @property
    def is_in_clear_text(self) -> bool:
        """Whether the network between this machine and the service can read a credential."""
        return not self._is_encrypted and not self.is_loopback

    def unexpected(self, reason: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.url} does not answer like a personas service ({reason}).")

    def _connect(self, **options: Any) -> httpx.Client:
        # the environment's proxy cannot reach services on this machine
        trust_env = not self.is_loopback
        try:
            return httpx.Client(timeout=self._timeout, trust_env=trust_env, **options)
        except (ImportError, OSError, ValueError) as error:  # ALL_PROXY=socks5:…, SSL_CERT_FILE
            raise ClientError(f"The environment's proxy or certificates: {error}") from None

    def _send(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        credential: Credential | None,
        is_repeatable: bool,
        **content: Any,
    ) -> T:
        """Send a request and read the answer as this type; a 204 is read as an empty object.

        `content` are httpx's `json` and `params`. A request that is not repeatable is repeated only
        if the service has not executed it (429, 503). Raises ClientError.
        """
        content["headers"] = credential.headers if credential else {}
        remaining = self._max_wait
        for attempt in range(1, ATTEMPTS + 1):
            response = self._attempt(method, path, content)
            pause = _pause(response, is_repeatable=is_repeatable)
            if pause is None or pause > remaining or attempt == ATTEMPTS:
                break
            remaining -= pause
            time.sleep(pause)
        if isinstance(response, httpx.HTTPError):
            raise Unreachable(f"Cannot reach {self.url}: {_reason(response)}.")
        return self._read(response, _text(response, credential), answer)

    def _attempt(
        self, method: str, path: str, content: Mapping[str, Any]
    ) -> httpx.Response | httpx.HTTPError:
        try:
            return self._http.request(method, f"{self.url}{path}", **content)
        except httpx.HTTPError as error:
            return error
        finally:
            self._answered_cookies = httpx.Cookies(self._http.cookies)
            self._http.cookies.clear()  # only the credential identifies the client here

    def _read(self, response: httpx.Response, text: str, answer: type[T]) -> T:
        reason = f"status {response.status_code}"
        if not response.is_success:
            if problem := _problem(response, text):
                raise problem
            is_redirect = response.has_redirect_location
            raise self.unexpected(
                f"{reason}; redirects are not followed" if is_redirect else reason
            )
        try:
            return msgspec.json.decode(text, type=answer)
        except UNREADABLE as error:
            raise self.unexpected(f"{reason}; {error}") from None


def _parse(url: str) -> httpx.URL:
    """Raises ValueError without the text, which may contain a password."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode()
        host.encode("idna")  # as the resolver does
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
    """Whether a host is this machine: localhost or a subdomain (RFC 6761, 6.3), 127/8, ::1."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _pause(response: httpx.Response | httpx.HTTPError, *, is_repeatable: bool) -> float | None:
    """Seconds until the next attempt; None if there is none.

    A date in `Retry-After` is ignored: this service does not send one.
    """
    if isinstance(response, httpx.HTTPError):
        return PAUSE if is_repeatable and isinstance(response, LOST_CONNECTION) else None
    if response.status_code not in (429, 503):
        return None
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if re.fullmatch("[0-9]{1,9}", seconds) else PAUSE


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ProtocolError):
        return "the answer is incomplete or not HTTP"
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)).rstrip(".")


def _text(response: httpx.Response, credential: Credential | None) -> str:
    """The body without the secret: if the service echoes it, it must not be printed."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        return "{}"
    return response.text.replace(credential.secret, "…") if credential else response.text


def _problem(response: httpx.Response, text: str) -> ProblemError | None:
    """The error in a problem document; None for any other body."""
    try:
        problem = msgspec.json.decode(text, type=Problem)
    except UNREADABLE:
        return None
    if problem.status != response.status_code:
        return None
    title, detail = _printable(problem.title), _printable(problem.detail)
    return ProblemError(problem.status, title, detail, _errors(problem.errors))


def _errors(errors: object) -> dict[str, list[str]]:
    """The messages of a problem document; values of other types are left out."""
    if not isinstance(errors, dict):
        return {}
    return {
        _printable(path): [_printable(str(message)) for message in messages]
        for path, messages in errors.items()
        if isinstance(messages, list)
    }


def _printable(text: str) -> str:
    """Text for a terminal: without control characters, and cut."""
    return "".join(char if char.isprintable() else "�" for char in text[:MAX_DETAIL])
