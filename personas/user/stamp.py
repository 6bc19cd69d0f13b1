"""Who an account stands for and what it may do: the words, and the stamps given at the INSERT."""

from dataclasses import dataclass

KINDS = ("human", "persona", "system")
ROLES = ("user", "admin", "service")
TIERS = ("guest", "public", "beta", "alpha", "founder")  # from the least to the most


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """What the service, never the one who signs up, says of a new account."""

    kind: str = "human"
    role: str = "user"
    access_tier: str = "public"
    email_verified: bool = False


HUMAN = Stamp()
ADMIN = Stamp(role="admin")
PERSONA = Stamp(kind="persona", access_tier="founder", email_verified=True)
