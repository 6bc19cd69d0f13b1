"""Fixtures of the auth tests."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls to argon2 so far, `hash` or `verify`; each call is appended."""
    calls: list[str] = []

    def counted(name: str) -> Callable[..., Any]:
        original = getattr(PasswordHasher, name)

        def call(self: PasswordHasher, *args: Any) -> Any:
            calls.append(name)
            return original(self, *args)

        return call

    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, counted(name))
    return calls
