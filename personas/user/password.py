"""Hash and verify passwords with argon2id, never more at once than there are cores."""

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
PATIENCE = 0.25  # seconds that a request waits for its turn
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class HashingBusy(Unavailable):
    """Too many passwords are being checked just now. Try again in a moment."""


class Passwords:
    """One cost for all passwords, and the queue in front of the cores.

    The cost is OWASP's for argon2id (t=2, m=19 MiB, p=1); `cheap` is for tests alone.
    """

    def __init__(self, *, cheap: bool = False) -> None:
        if cheap:
            self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        else:
            self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._cores = BoundedSemaphore(CORES)

    def hash(self, password: str) -> str:
        """Takes about 40 ms of one core. Raises HashingBusy when a request waits too long."""
        with self.turn(), hashing("hash"):
            return self._hasher.hash(_normal(password))

    def verify(self, password: str, hashed: str | None) -> bool:
        """Whether `password` matches `hashed`. Without a hash it takes as long, and is False.

        Raises HashingBusy if a request waits too long.
        """
        with self.turn():
            return self.matches(password, hashed)

    def matches(self, password: str, hashed: str | None) -> bool:
        """The same for a caller that has its `turn` already."""
        try:
            with hashing("verify"):
                return self._hasher.verify(hashed or self._dummy_hash, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _dummy_hash(self) -> str:
        """A hash that no password matches: today's parameters, a random salt and digest."""
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p=1"
        salt, digest = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
        return f"$argon2id$v=19${cost}${salt}${digest}"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A place among those that hash now. A request waits a moment for it, then raises
        HashingBusy; commands do not compete with anybody and need not wait."""
        if not has_request_context():
            yield
            return
        if not self._cores.acquire(timeout=PATIENCE):
            raise HashingBusy
        try:
            yield
        finally:
            self._cores.release()


def _normal(password: str) -> str:
    """The same characters typed on another machine are the same password (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password)
