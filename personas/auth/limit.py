"""Rate limits for attempts: sliding windows by address, and by address and e-mail."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from math import ceil
from threading import Lock

from flask import request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from personas.auth.session import WrongCredentials
from personas.config.settings import ConfigError, Settings
from personas.http.problems import TooMany, Unavailable
from personas.state import current

LOGIN_BY_EMAIL = RateLimitItemPerMinute(10, 15, namespace="login-email")
LOGIN_BY_ADDRESS = RateLimitItemPerMinute(100, 15, namespace="login")
FORGOT = RateLimitItemPerMinute(100, 15, namespace="forgot-password")
RESET = RateLimitItemPerMinute(100, 15, namespace="reset-password")
REGISTER = RateLimitItemPerMinute(100, 15, namespace="register")


class Limits:
    """The rate limits of one application. Raises Unavailable if their storage cannot be reached."""

    def __init__(self, settings: Settings) -> None:
        self.is_enabled = settings.ratelimit_enabled
        try:
            storage = storage_from_string(settings.ratelimit_storage, wrap_exceptions=True)
        except (ConfigurationError, ValueError):  # its message could show a password
            raise ConfigError("PERSONAS_RATELIMIT_STORAGE is not a supported storage URL") from None
        self._windows = MovingWindowRateLimiter(storage)
        self._running: Counter[tuple[str, ...]] = Counter()
        self._lock = Lock()

    def check(self, item: RateLimitItem, *key: str) -> None:
        """Raise TooMany if the window is full. Does not count an attempt."""
        with _storage():
            if not self._windows.test(item, *key):
                raise self._too_many(item, *key)

    def count(self, item: RateLimitItem, *key: str) -> None:
        """Count one attempt. Raises TooMany if the window is full already."""
        with _storage():
            if not self._windows.hit(item, *key):
                raise self._too_many(item, *key)

    @contextmanager
    def attempt(self, item: RateLimitItem, *key: str) -> Iterator[None]:
        """Count a wrong password in this block. Raises TooMany if the window is full, or would be
        if all running attempts failed: parallel attempts get no more tries than sequential ones."""
        window = (item.namespace, *key)
        with self._lock, _storage():
            if self._windows.get_window_stats(item, *key).remaining <= self._running[window]:
                raise self._too_many(item, *key)
            self._running[window] += 1
        try:
            yield
        except WrongCredentials:
            self.count(item, *key)
            raise
        finally:
            with self._lock:
                self._running[window] -= 1
                if not self._running[window]:
                    del self._running[window]

    def _too_many(self, item: RateLimitItem, *key: str) -> TooMany:
        reset_time = self._windows.get_window_stats(item, *key).reset_time
        return TooMany(retry_after=max(1, ceil(reset_time - time.time())))


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise Unavailable from None


def count(item: RateLimitItem, *, exempt: bool) -> None:
    """Count one attempt (REGISTER, FORGOT, RESET) of the current address. Raises TooMany."""
    if current(Limits).is_enabled and not exempt:
        current(Limits).count(item, _address())


def login(email: str, *, exempt: bool) -> AbstractContextManager[None]:
    """Raise TooMany after too many failed logins. The returned block checks again when it is
    entered, and counts a wrong password in it."""
    if not current(Limits).is_enabled or exempt:
        return nullcontext()
    windows = ((LOGIN_BY_EMAIL, (email, _address())), (LOGIN_BY_ADDRESS, (_address(),)))
    for item, key in windows:
        current(Limits).check(item, *key)
    return _attempts(windows)


@contextmanager
def _attempts(windows: Iterable[tuple[RateLimitItem, tuple[str, ...]]]) -> Iterator[None]:
    with ExitStack() as attempts:
        for item, key in windows:
            attempts.enter_context(current(Limits).attempt(item, *key))
        yield


def _address() -> str:
    """The client's address: of the socket, or from a trusted proxy (ProxyFix sets it here)."""
    return request.remote_addr or "unknown"
