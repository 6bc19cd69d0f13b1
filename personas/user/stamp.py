"""The kind, role and access tier of an account: their values, and what new accounts get."""

from dataclasses import dataclass

KINDS = ("human", "persona", "system")
ROLES = ("user", "admin", "service")
TIERS = ("guest", "public", "beta", "alpha", "founder")  # from the least access to the most


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """The values that the service itself gives to a new account: no request can choose them."""

    kind: str = "human"
    role: str = "user"
    access_tier: str = "public"
    email_verified: bool = False


HUMAN = Stamp()
ADMIN = Stamp(role="admin")
PERSONA = Stamp(kind="persona", access_tier="founder", email_verified=True)
