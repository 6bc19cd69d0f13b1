"""The only clock: aware datetimes in UTC. Tests replace `now`."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def hour_of(at: datetime) -> datetime:
    """The start of the hour of `at`."""
    return at.replace(minute=0, second=0, microsecond=0)


def day_of(at: datetime) -> datetime:
    """The start of the day of `at`."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
