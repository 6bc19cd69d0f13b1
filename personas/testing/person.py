"""A logged-in account in a test."""

from dataclasses import dataclass, field
from typing import Any

from personas.client.answers import Account


@dataclass(frozen=True, kw_only=True)
class Person:
    """A logged-in account. `client` is Flask's test client for the service in process, httpx's
    client for a remote one: hence `Any`. `password` is None for an admin of whom only a token
    is given."""

    user: Account
    password: str | None = field(repr=False)
    token: str = field(repr=False)
    client: Any = field(repr=False)

    @property
    def email(self) -> str:
        return self.user.email

    @property
    def headers(self) -> dict[str, str]:
        """The headers that authenticate another client as this account."""
        return {"Authorization": f"Bearer {self.token}"}
