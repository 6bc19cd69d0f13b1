"""Which days are asked for, and their weeks: days of UTC, weeks of ISO 8601."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from personas.http.problems import Invalid

WEEKS = 12  # where nobody says since when
MOST_YEARS = 5


class Period(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first and the last microsecond."""
        return (
            datetime.combine(self.first, time.min, UTC),
            datetime.combine(self.last, time.max, UTC),
        )


def period(first: date | None, last: date | None, today: date) -> Period:
    """The days that are asked for; by default until today, since the Monday that makes them at
    most 12 weeks. Raises Invalid where they end before they begin, or are more than 5 years."""
    last = last or today
    # by ordinals, for there is no date before 0001-01-01
    first = first or date.fromordinal(max(1, _monday(last) - 7 * (WEEKS - 1)))
    if first > last:
        raise Invalid({"from": [f"Must not be after {last}."]})
    if (first.year + MOST_YEARS, first.month, first.day) < (last.year, last.month, last.day):
        raise Invalid({"from": [f"Must be at most {MOST_YEARS} years before {last}."]})
    return Period(first, last)


def weeks(days: Period) -> Iterator[tuple[str, Period]]:
    """The weeks of these days, by name, each with those of its days that are among them."""
    last = days.last.toordinal()
    for monday in range(_monday(days.first), last + 1, 7):
        first = date.fromordinal(max(monday, days.first.toordinal()))
        yield iso_week(first), Period(first, date.fromordinal(min(monday + 6, last)))


def iso_week(day: date) -> str:
    """2026-12-31 → `2026-W53`, and so is 2027-01-01: a week belongs to its Thursday's year."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _monday(day: date) -> int:
    return day.toordinal() - day.weekday()
