"""Hash and verify passwords with argon2id, at most as many at once as there are cores."""

import os
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import has_request_context

from personas.http.problems import Unavailable
from personas.ops.metrics import hashing

MAX_LENGTH = 128
MAX_WAIT = 0.25  # seconds that a request waits for a free core
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class HashingBusy(Unavailable):
    """Too many passwords are being checked at the moment. Try again shortly."""


class Passwords:
    """Hashes all passwords with the same parameters, and limits how many are hashed at once.

    The parameters are OWASP's for argon2id (t=2, m=19 MiB, p=1); `cheap` is only for tests.
    """

    def __init__(self, *, cheap: bool = False) -> None:
        if cheap:
            self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        else:
            self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._free_cores = BoundedSemaphore(CORES)

    def hash(self, password: str) -> str:
        """Takes about 40 ms of one core. Raises HashingBusy if a request waits too long for it."""
        with self.hold_core(), hashing("hash"):
            return self._hasher.hash(_normalized(password))

    def verify(self, password: str, hashed: str | None) -> bool:
        """Whether `password` matches `hashed`. Without a hash it is False, after the same time.

        Raises HashingBusy if a request waits too long.
        """
        with self.hold_core():
            return self.matches(password, hashed)

    def matches(self, password: str, hashed: str | None) -> bool:
        """Like `verify`, for a caller that already holds a core."""
        try:
            with hashing("verify"):
                return self._hasher.verify(hashed or self._dummy_hash, _normalized(password))
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _dummy_hash(self) -> str:
        """A hash that no password matches: the current parameters, a random salt and digest."""
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p=1"
        salt, digest = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
        return f"$argon2id$v=19${cost}${salt}${digest}"

    @contextmanager
    def hold_core(self) -> Iterator[None]:
        """Hold a core while hashing. A request waits a moment for one, then raises HashingBusy;
        commands do not compete with requests and need not wait."""
        if not has_request_context():
            yield
            return
        if not self._free_cores.acquire(timeout=MAX_WAIT):
            raise HashingBusy
        try:
            yield
        finally:
            self._free_cores.release()


def _normalized(password: str) -> str:
    """The same characters typed on another machine are the same password (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password)
