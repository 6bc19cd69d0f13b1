"""What the tests of signing in share."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by a word with each password that is hashed or verified."""
    done: list[str] = []

    def counted(name: str) -> Callable[..., Any]:
        original = getattr(PasswordHasher, name)

        def call(self: PasswordHasher, *args: Any) -> Any:
            done.append(name)
            return original(self, *args)

        return call

    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, counted(name))
    return done
