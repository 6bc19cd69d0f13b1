"""The table of sessions."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.database.types import Base, UTCDateTime


class Session(Base):
    """One login. Its refresh tokens are a chain, `sid.n.HMAC(sid.n)`; only the newest number is
    stored, as `generation`."""

    __tablename__ = "sessions"
    __table_args__ = (sa.CheckConstraint("generation >= 0", name="generation"),)

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    refreshed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
