"""The one clock: UTC, aware, replaced as a whole in tests."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def hour_of(at: datetime) -> datetime:
    """The beginning of its hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> datetime:
    """The beginning of its day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
