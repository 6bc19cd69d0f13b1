"""Times and days in requests and responses: RFC 3339, strictly."""

import re
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import marshmallow as ma

# Hours and minutes are checked here: some versions of Python accept 24:00 and an offset of +01:75
DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])",
    re.IGNORECASE,
)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def rfc3339(at: datetime) -> str:
    """Format a time in UTC as RFC 3339."""
    return at.isoformat().replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Parse a date-time of RFC 3339; the result is in UTC, to the microsecond. Raises ValueError,
    TypeError."""
    if not DATE_TIME.fullmatch(text):
        raise ValueError
    try:
        at = datetime.fromisoformat(text.upper())
        return at if at.tzinfo is UTC else at.astimezone(UTC)
    except OverflowError:  # its UTC time is before year 1 or after year 9999
        raise ValueError from None


def day_or_instant(text: str) -> datetime:
    """Parse a time, or a day `YYYY-MM-DD` as its start in UTC. Raises ValueError, TypeError."""
    return instant(f"{text}T00:00:00Z" if DATE.fullmatch(text) else text)


class Instant(ma.fields.Field[datetime]):
    """A time in RFC 3339: any offset in requests, UTC with `Z` in responses."""

    @property
    def json_schema(self) -> dict[str, Any]:
        kinds = ["string", "null"] if self.allow_none else "string"
        return {"type": kinds, "format": "date-time", "examples": ["2026-03-01T08:30:00Z"]}

    def _serialize(self, value: datetime | None, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else rfc3339(value)

    def repair(self, text: str) -> datetime:
        return instant(text)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> datetime:
        try:
            return self.repair(value)
        except (TypeError, ValueError):
            raise ma.ValidationError("Must be a time like 2026-03-01T08:30:00Z.") from None


class Day(ma.fields.Field[date]):
    """A day in UTC, in requests: `YYYY-MM-DD`, or any time of that day in RFC 3339."""

    json_schema: ClassVar = {
        "type": "string",
        "anyOf": [{"format": "date"}, {"format": "date-time"}],
        "examples": ["2026-03-01"],
    }

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> date:
        try:
            return day_or_instant(value).date()
        except (TypeError, ValueError):
            message = "Must be a day like 2026-03-01, or a time like 2026-03-01T08:30:00Z."
            raise ma.ValidationError(message) from None
