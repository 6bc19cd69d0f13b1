"""The table of audit events. It has no foreign keys: an event outlives its actor and target."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.database.types import Base, UTCDateTime


class AuditEvent(Base):
    __tablename__ = "audit_events"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    action: Mapped[str] = mapped_column(sa.String(64), index=True)
    actor: Mapped[str] = mapped_column(sa.String(36), index=True)
    actor_email: Mapped[str | None] = mapped_column(sa.String(254), index=True)
    target: Mapped[str] = mapped_column(sa.String(36), index=True)
    target_email: Mapped[str | None] = mapped_column(sa.String(254), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
