"""The tables of actions, ratings and their sums. Rows are only added, and pruned when old."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from personas.activity.module import module_of
from personas.database.types import Base, UTCDateTime, one_of

RESULTS = ("ok", "error")
SPANS = ("hour", "day")
MAX_INTEGER = 2**31 - 1  # of a 32-bit column
MAX_TICK = 255
MAX_NAME = 200  # of a tool or module
MAX_HASH = 128
MAX_TEXT = 2000
RATINGS = range(1, 6)
RATED = {rating: f"rated_{rating}" for rating in RATINGS}  # rating → column that counts it


def _between(column: str, minimum: int, maximum: int | str) -> sa.CheckConstraint:
    """SQLite would keep 4.5, or text, in an integer column."""
    condition = f"{column} = CAST({column} AS INTEGER) AND {column} BETWEEN {minimum} AND {maximum}"
    return sa.CheckConstraint(condition, name=column)


def _rating(column: str) -> sa.CheckConstraint:
    ratings = ", ".join(map(str, RATINGS))
    return sa.CheckConstraint(f"{column} IN ({ratings})", name=column)


def _length(column: str, minimum: int, maximum: int) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"length({column}) BETWEEN {minimum} AND {maximum}", name=column)


def _persona_id() -> Mapped[str]:
    """The first column of every key, so that the rows of a persona are stored together."""
    key = sa.ForeignKey("personas.user_id", ondelete="CASCADE")
    return mapped_column(sa.String(36), key, primary_key=True)


def _occurred_at() -> Mapped[datetime]:
    return mapped_column(UTCDateTime, server_default=sa.func.current_timestamp())


class PersonaAction(Base):
    """One call of a tool. If the runner numbers its rows, `seq` is that number and `batch` is
    empty; else `batch` is the digest of the batch and `seq` is the row's position in it."""

    __tablename__ = "persona_actions"
    __table_args__ = (
        one_of("result", RESULTS),
        _length("tick_id", 1, MAX_TICK),
        sa.CheckConstraint("length(batch) IN (0, 64)", name="batch"),
        _between("seq", 0, MAX_INTEGER),
        _length("tool_name", 1, MAX_NAME),
        _length("input_hash", 1, MAX_HASH),
        _length("error_message", 0, MAX_TEXT),
        _between("latency_ms", 0, MAX_INTEGER),
        sa.CheckConstraint("is_dated IN (false, true)", name="is_dated"),
        sa.Index("ix_persona_actions_persona_id_occurred_at", "persona_id", "occurred_at", "seq"),
        {"sqlite_with_rowid": False},
    )

    persona_id: Mapped[str] = _persona_id()
    tick_id: Mapped[str] = mapped_column(sa.String(MAX_TICK), primary_key=True)
    batch: Mapped[str] = mapped_column(sa.String(64), primary_key=True, server_default="")
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tool_name: Mapped[str] = mapped_column(sa.String(MAX_NAME))
    input_hash: Mapped[str | None] = mapped_column(sa.String(MAX_HASH))
    result: Mapped[str] = mapped_column(sa.String(16))
    error_message: Mapped[str | None] = mapped_column(sa.String(MAX_TEXT))
    latency_ms: Mapped[int | None]
    occurred_at: Mapped[datetime] = _occurred_at()
    # whether the runner sent `occurred_at`; else it is the time when the row arrived
    is_dated: Mapped[bool] = mapped_column(server_default=sa.false())

    @property
    def number(self) -> int | None:
        return number_of(self.batch, self.seq)

    @property
    def module(self) -> str | None:
        return module_of(self.tool_name)


def number_of(batch: str, seq: int) -> int | None:
    """Return the `seq` that the runner sent, or None if it sent none."""
    return None if batch else seq


class PersonaFeedback(Base):
    """One rating of one module in one turn."""

    __tablename__ = "persona_feedback"
    __table_args__ = (
        _rating("rating"),
        _length("tick_id", 1, MAX_TICK),
        _length("module", 1, MAX_NAME),
        _length("notes", 0, MAX_TEXT),
        sa.CheckConstraint("is_dated IN (false, true)", name="is_dated"),
        sa.Index("ix_persona_feedback_persona_id_occurred_at", "persona_id", "occurred_at"),
        {"sqlite_with_rowid": False},
    )

    persona_id: Mapped[str] = _persona_id()
    tick_id: Mapped[str] = mapped_column(sa.String(MAX_TICK), primary_key=True)
    module: Mapped[str] = mapped_column(sa.String(MAX_NAME), primary_key=True)
    rating: Mapped[int]
    notes: Mapped[str | None] = mapped_column(sa.String(MAX_TEXT))
    occurred_at: Mapped[datetime] = _occurred_at()
    is_dated: Mapped[bool] = mapped_column(server_default=sa.false())


class ActionCount(Base):
    """The number of a persona's actions in one hour or one day (UTC), updated in the transaction
    that adds them, so that a week is counted without reading its rows."""

    __tablename__ = "action_counts"
    __table_args__ = (
        one_of("span", SPANS),
        _between("actions", 1, MAX_INTEGER),
        {"sqlite_with_rowid": False},
    )

    persona_id: Mapped[str] = _persona_id()
    span: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    actions: Mapped[int]


class ActionDay(Base):
    """The sums of a day's pruned actions, by tool."""

    __tablename__ = "action_days"
    __table_args__ = (
        _length("tool_name", 1, MAX_NAME),
        _between("actions", 1, MAX_INTEGER),
        _between("errors", 0, "actions"),
        {"sqlite_with_rowid": False},
    )

    persona_id: Mapped[str] = _persona_id()
    day: Mapped[date] = mapped_column(primary_key=True)
    tool_name: Mapped[str] = mapped_column(sa.String(MAX_NAME), primary_key=True)
    actions: Mapped[int]
    errors: Mapped[int]


class FeedbackDay(Base):
    """The sums of a day's pruned ratings, by module: how often each was given, and the last one."""

    __tablename__ = "feedback_days"
    __table_args__ = (
        _length("module", 1, MAX_NAME),
        *(_between(column, 0, MAX_INTEGER) for column in RATED.values()),
        _rating("last_rating"),
        sa.CheckConstraint(
            "rated_1 > 0 OR rated_2 > 0 OR rated_3 > 0 OR rated_4 > 0 OR rated_5 > 0", name="rated"
        ),
        {"sqlite_with_rowid": False},
    )

    persona_id: Mapped[str] = _persona_id()
    day: Mapped[date] = mapped_column(primary_key=True)
    module: Mapped[str] = mapped_column(sa.String(MAX_NAME), primary_key=True)
    rated_1: Mapped[int]
    rated_2: Mapped[int]
    rated_3: Mapped[int]
    rated_4: Mapped[int]
    rated_5: Mapped[int]
    last_rating: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def counts(self) -> tuple[int, ...]:
        """How often each rating was given, from 1 to 5."""
        return tuple(getattr(self, column) for column in RATED.values())
