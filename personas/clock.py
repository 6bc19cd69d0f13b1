"""The one clock: UTC, aware, replaced as a whole in tests."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
