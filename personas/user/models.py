"""The table of accounts. The fence around `kind` stands in the migrations, as triggers."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.database.types import Base, UTCDateTime, one_of
from personas.user.stamp import KINDS, ROLES, TIERS


class User(Base):
    """An account: a human's, a persona's, or the service's own."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("role", ROLES),
        one_of("access_tier", TIERS),
        sa.CheckConstraint("email_verified IN (false, true)", name="email_verified"),
        sa.CheckConstraint("kind <> 'persona' OR role = 'user'", name="persona_role"),
        sa.CheckConstraint(
            "email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email"
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
        sa.CheckConstraint("length(id) = 36 AND id = lower(id)", name="id"),
        sa.UniqueConstraint("id", "kind"),  # what a descriptor points at
        # no hidden rowid, through which REPLACE could reach another kind's row
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    # the name as searches compare it: the two databases fold case differently, Python decides
    folded_name: Mapped[str] = mapped_column(sa.String(600), server_default="", index=True)
    kind: Mapped[str] = mapped_column(sa.String(16), index=True)
    role: Mapped[str] = mapped_column(sa.String(16), server_default="user", index=True)
    access_tier: Mapped[str] = mapped_column(sa.String(16), server_default="public")
    email_verified: Mapped[bool] = mapped_column(server_default=sa.false())
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))  # none: nobody logs in
    # the version of the seed secret that the password came from; none: it did not
    seed_version: Mapped[str | None] = mapped_column(sa.String(16))
    # how often the e-mail was verified: a mailed link with another number is spent
    verifications: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(
        UTCDateTime, server_default=sa.func.current_timestamp()
    )
    updated_at: Mapped[datetime] = mapped_column(
        UTCDateTime, server_default=sa.func.current_timestamp()
    )
