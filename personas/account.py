"""An account as clients know it: the wire's `user`, typed (contract, section 2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class Account:
    """Who somebody is. The words of `kind`, `role` and `access_tier` are the wire's."""

    id: str
    email: str
    name: str
    kind: str
    role: str
    access_tier: str
    email_verified: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def read(cls, user: object) -> Self:
        """Raises ValueError for what is no `user` of the wire."""
        match user:
            case {
                "id": str(id),
                "email": str(email),
                "name": str(name),
                "kind": str(kind),
                "role": str(role),
                "accessTier": str(tier),
                "emailVerified": bool(verified),
                "createdAt": str(created),
                "updatedAt": str(updated),
            }:
                created_at, updated_at = map(datetime.fromisoformat, (created, updated))
                return cls(id, email, name, kind, role, tier, verified, created_at, updated_at)
        raise ValueError("not an account")
