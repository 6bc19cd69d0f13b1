"""An account as a plain value, for those who do not see its row."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account as it was when it was asked for; `kind`, `role` and `access_tier` are the words of
    the contract, section 1."""

    id: str
    email: str
    name: str
    kind: str
    role: str
    access_tier: str
    email_verified: bool

    @classmethod
    def of(cls, user: object) -> Self:
        """That of a row of `users`."""
        return cls(**{field.name: getattr(user, field.name) for field in fields(cls)})
