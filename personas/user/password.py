"""Hash and verify passwords with argon2id, never more at once than there are cores."""

import os
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app, has_request_context

from personas.errors import Unavailable
from personas.metrics import hashing

MAX_LENGTH = 128
WRONG_PASSWORD = (VerificationError, InvalidHashError)
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
        with self._turn(), hashing("hash"):
            return self._hasher.hash(_normal(password))

    def verify(
        self,
        password: str,
        hashed: str | None,
        *,
        attempt: AbstractContextManager[None] | None = None,
    ) -> bool:
        """Whether `password` made `hashed`. Without a hash it takes as long, and is False.

        `attempt` is entered when the turn has come, and left by a WRONG_PASSWORD if it is one.
        Raises HashingBusy when a request waits too long.
        """
        try:
            with self._turn(), attempt or nullcontext(), hashing("verify"):
                return self._hasher.verify(hashed or self._nobodys, _normal(password))
        except WRONG_PASSWORD:
            return False

    @cached_property
    def _nobodys(self) -> str:
        """What no password makes: today's parameters, a random salt and a random digest."""
        cost = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p=1"
        salt, digest = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
        return f"$argon2id$v=19${cost}${salt}${digest}"

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Requests wait a moment, then give up; commands are alone and need not queue."""
        if not has_request_context():
            yield
            return
        if not self._cores.acquire(timeout=PATIENCE):
            raise HashingBusy
        try:
            yield
        finally:
            self._cores.release()


def passwords() -> Passwords:
    """The passwords of the application at work."""
    found: Passwords = current_app.extensions["personas_passwords"]
    return found


def _normal(password: str) -> str:
    """The same characters typed on another machine are the same password (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password)
