"""The table of accounts. Triggers, created by the migrations, protect the column `kind`."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.database.types import Base, UTCDateTime, one_of
from personas.user.stamp import KINDS, ROLES, TIERS


class User(Base):
    """The account of a human, of a persona, or of the service itself."""

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
        sa.UniqueConstraint("id", "kind"),  # the target of the foreign key in `personas`
        # without the hidden rowid, REPLACE has no second key to overwrite a row of another kind
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    # the name in folded case, for searches: the two databases fold case differently, so Python does
    folded_name: Mapped[str] = mapped_column(sa.String(600), server_default="", index=True)
    kind: Mapped[str] = mapped_column(sa.String(16), index=True)
    role: Mapped[str] = mapped_column(sa.String(16), server_default="user", index=True)
    access_tier: Mapped[str] = mapped_column(sa.String(16), server_default="public")
    email_verified: Mapped[bool] = mapped_column(server_default=sa.false())
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))  # null: no password fits
    # the version of the seed secret that the password is derived from; null for any other password
    seed_version: Mapped[str | None] = mapped_column(sa.String(16))
    # how often the e-mail was verified: a mailed link with another number has been used
    verifications: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(
        UTCDateTime, server_default=sa.func.current_timestamp()
    )
    updated_at: Mapped[datetime] = mapped_column(
        UTCDateTime, server_default=sa.func.current_timestamp()
    )
