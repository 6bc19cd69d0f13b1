"""The table of personas: the descriptors of their accounts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.database.types import Base, UTCDateTime, one_of
from personas.persona.plan import CADENCES, DEFAULT_CADENCE


class Persona(Base):
    """The descriptor of an account of kind `persona`. The foreign key covers both columns and a
    CHECK fixes the kind, so that no other account can have one."""

    __tablename__ = "personas"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["user_id", "kind"], ["users.id", "users.kind"], ondelete="CASCADE"
        ),
        one_of("kind", ("persona",)),
        one_of("tick_cadence", CADENCES),
        sa.CheckConstraint("length(archetype) BETWEEN 1 AND 64", name="archetype"),
        sa.CheckConstraint("length(system_prompt) BETWEEN 20 AND 20000", name="system_prompt"),
        # both databases store the JSON text that Python wrote
        sa.CheckConstraint("substr(CAST(module_mix AS TEXT), 1, 1) = '{'", name="module_mix"),
        {"sqlite_with_rowid": False},
    )

    user_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(16), default="persona", server_default="persona")
    archetype: Mapped[str] = mapped_column(sa.String(64), index=True)
    system_prompt: Mapped[str] = mapped_column(sa.Text)
    module_mix: Mapped[dict[str, float]] = mapped_column(sa.JSON)
    tick_cadence: Mapped[str] = mapped_column(sa.String(16), server_default=DEFAULT_CADENCE)
    last_active_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(
        UTCDateTime, server_default=sa.func.current_timestamp()
    )
