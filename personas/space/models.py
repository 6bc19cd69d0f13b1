"""The tables of spaces, their members, and the invitations to them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.database.types import Base, UTCDateTime, one_of
from personas.space.access import INVITED, ROLES, TYPES
from personas.space.slug import MAX_LENGTH

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


class Space(Base):
    """A place to work in. An account has at most one personal space, which is deleted with it."""

    __tablename__ = "spaces"
    __table_args__ = (
        one_of("type", TYPES),
        sa.CheckConstraint("length(id) = 36 AND id = lower(id)", name="id"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
        sa.CheckConstraint(
            f"length(slug) BETWEEN 1 AND {MAX_LENGTH} AND ltrim(slug, '{CHARACTERS}') = ''",
            name="slug",
        ),
        sa.CheckConstraint("(type = 'personal') = (personal_of IS NOT NULL)", name="personal_of"),
    )

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    folded_name: Mapped[str] = mapped_column(sa.String(600))  # in folded case, for searches
    slug: Mapped[str] = mapped_column(sa.String(MAX_LENGTH), unique=True)
    type: Mapped[str] = mapped_column(sa.String(16))
    personal_of: Mapped[str | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SpaceMember(Base):
    """The membership of an account in a space, with its role."""

    __tablename__ = "space_members"
    __table_args__ = (one_of("role", ROLES),)

    space_id: Mapped[str] = mapped_column(
        sa.ForeignKey("spaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(sa.String(16))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SpaceInvitation(Base):
    """An invitation for the owner of an e-mail. The row stays when it has been accepted."""

    __tablename__ = "space_invitations"
    __table_args__ = (
        one_of("role", INVITED),
        sa.CheckConstraint("length(id) = 36 AND id = lower(id)", name="id"),
        sa.CheckConstraint(
            "email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email"
        ),
        sa.Index(
            "uq_space_invitations_open",
            "space_id",
            "email",
            unique=True,
            sqlite_where=sa.text("accepted_at IS NULL"),
            postgresql_where=sa.text("accepted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    space_id: Mapped[str] = mapped_column(
        sa.ForeignKey("spaces.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(sa.String(254), index=True)  # canonical
    role: Mapped[str] = mapped_column(sa.String(16))
    invited_by: Mapped[str] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
