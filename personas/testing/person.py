"""Somebody who plays in a test."""

from dataclasses import dataclass, field
from typing import Any

from personas.client.answers import Account


@dataclass(frozen=True, kw_only=True)
class Person:
    """An account, logged in. `client` is Flask's in process, httpx's against a service: hence
    `Any`. `password` is None where nobody knows it: an admin of whom there is only a token."""

    user: Account
    password: str | None = field(repr=False)
    token: str = field(repr=False)
    client: Any = field(repr=False)

    @property
    def email(self) -> str:
        return self.user.email

    @property
    def headers(self) -> dict[str, str]:
        """What another client sends to be this account."""
        return {"Authorization": f"Bearer {self.token}"}
