"""An account as a plain value, for code without access to the database."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Account:
    """A copy of an account; the values of `kind`, `role` and `access_tier` are listed in the
    contract, section 1."""

    id: str
    email: str
    name: str
    kind: str
    role: str
    access_tier: str
    email_verified: bool

    @classmethod
    def of(cls, user: object) -> Self:
        """Copy a row of `users`."""
        return cls(**{field.name: getattr(user, field.name) for field in fields(cls)})
