"""The period of a query and its weeks: days are UTC, weeks are ISO 8601."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from personas.http.problems import Invalid

DEFAULT_WEEKS = 12
MAX_YEARS = 5


class Period(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first and the last microsecond of the period."""
        return (
            datetime.combine(self.first, time.min, UTC),
            datetime.combine(self.last, time.max, UTC),
        )


def period(first: date | None, last: date | None, today: date) -> Period:
    """Return the period of a query. By default it ends today and covers 12 ISO weeks.

    Raises Invalid if it ends before it begins, or is longer than 5 years.
    """
    last = last or today
    # computed as an ordinal, because a date before 0001-01-01 would raise
    first = first or date.fromordinal(max(1, _monday(last) - 7 * (DEFAULT_WEEKS - 1)))
    if first > last:
        raise Invalid({"from": [f"Must not be after {last}."]})
    if (first.year + MAX_YEARS, first.month, first.day) < (last.year, last.month, last.day):
        raise Invalid({"from": [f"Must be at most {MAX_YEARS} years before {last}."]})
    return Period(first, last)


def weeks(days: Period) -> Iterator[tuple[str, Period]]:
    """Yield the weeks of a period: the name of each, and its days that are within the period."""
    last = days.last.toordinal()
    for monday in range(_monday(days.first), last + 1, 7):
        first = date.fromordinal(max(monday, days.first.toordinal()))
        yield iso_week(first), Period(first, date.fromordinal(min(monday + 6, last)))


def iso_week(day: date) -> str:
    """2026-12-31 and 2027-01-01 → `2026-W53`: a week belongs to the year of its Thursday."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _monday(day: date) -> int:
    return day.toordinal() - day.weekday()
