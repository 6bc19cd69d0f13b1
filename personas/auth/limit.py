"""How often somebody may try: sliding windows by address, and by address and e-mail."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from flask import current_app, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from personas.auth.session import WrongCredentials
from personas.config import ConfigError, Settings
from personas.errors import TooMany, Unavailable

LOGIN_BY_EMAIL = RateLimitItemPerMinute(10, 15, namespace="login-email")
LOGIN_BY_ADDRESS = RateLimitItemPerMinute(100, 15, namespace="login")
FORGOT = RateLimitItemPerMinute(100, 15, namespace="forgot-password")
REGISTER = RateLimitItemPerMinute(100, 15, namespace="register")


class Limits:
    """The windows of one application. Raises Unavailable where their storage is away."""

    def __init__(self, settings: Settings) -> None:
        self.is_enabled = settings.ratelimit_enabled
        try:
            storage = storage_from_string(settings.ratelimit_storage, wrap_exceptions=True)
        except ConfigurationError as error:
            raise ConfigError(f"PERSONAS_RATELIMIT_STORAGE: {error}") from None
        self._windows = MovingWindowRateLimiter(storage)

    def check(self, item: RateLimitItem, *key: str) -> None:
        """Raise TooMany if the window is full. Counts nothing."""
        with _storage():
            if not self._windows.test(item, *key):
                raise self._too_many(item, *key)

    def count(self, item: RateLimitItem, *key: str) -> None:
        """Count one attempt. Raises TooMany if it is one too many."""
        with _storage():
            if not self._windows.hit(item, *key):
                raise self._too_many(item, *key)

    def _too_many(self, item: RateLimitItem, *key: str) -> TooMany:
        opens = self._windows.get_window_stats(item, *key).reset_time
        return TooMany(retry_after=max(1, ceil(opens - time.time())))


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise Unavailable from None


def count(item: RateLimitItem, *, exempt: bool) -> None:
    """Count one attempt (REGISTER, FORGOT) from the address at work. Raises TooMany."""
    if limits().is_enabled and not exempt:
        limits().count(item, _address())


@contextmanager
def login_failures(email: str, *, exempt: bool) -> Iterator[None]:
    """Refuse (TooMany) whoever has failed too often; count what fails inside."""
    if not limits().is_enabled or exempt:
        yield
        return
    windows = ((LOGIN_BY_EMAIL, (email, _address())), (LOGIN_BY_ADDRESS, (_address(),)))
    for item, key in windows:
        limits().check(item, *key)
    try:
        yield
    except WrongCredentials:
        for item, key in windows:
            limits().count(item, *key)
        raise


def limits() -> Limits:
    """The limits of the application at work."""
    found: Limits = current_app.extensions["personas_limits"]
    return found


def _address() -> str:
    """The socket's address, or what a trusted proxy says (ProxyFix puts it here)."""
    return request.remote_addr or "unknown"
