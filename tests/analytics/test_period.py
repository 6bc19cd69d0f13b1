"""The days and weeks of a query, also at the limits of years and of the calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.analytics.period import Period, iso_week, period, weeks
from personas.http.problems import Invalid

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 1, 1), "2026-W01"),
        (date(2026, 11, 22), "2026-W47"),
        (date(2026, 11, 23), "2026-W48"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"),
        (date(2021, 1, 3), "2020-W53"),
        (date.min, "0001-W01"),
        (date.max, "9999-W52"),
    ],
)
def test_a_day_is_in_the_week_of_its_thursday(day: date, week: str) -> None:
    assert iso_week(day) == week


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (date(2026, 9, 7), TODAY)),
        (None, date(2026, 11, 22), (date(2026, 8, 31), date(2026, 11, 22))),
        (date(2026, 11, 1), None, (date(2026, 11, 1), TODAY)),
        (TODAY, TODAY, (TODAY, TODAY)),
        (None, date(2030, 1, 1), (date(2029, 10, 15), date(2030, 1, 1))),
        (None, date.min, (date.min, date.min)),
        (None, date.max, (date(9999, 10, 11), date.max)),
        (date(2020, 2, 29), date(2025, 2, 28), (date(2020, 2, 29), date(2025, 2, 28))),
        (date(2020, 1, 1), date(2025, 1, 1), (date(2020, 1, 1), date(2025, 1, 1))),
    ],
)
def test_default_period_is_twelve_weeks_until_today(
    since: date | None, until: date | None, expected: Period
) -> None:
    result = period(since, until, TODAY)

    assert result == expected
    assert since or result.first == date.min or len(list(weeks(result))) == 12


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (TODAY + timedelta(days=1), None),
        (TODAY, TODAY - timedelta(days=1)),
        (date.max, date.min),
        (date(2020, 1, 1), date(2025, 1, 2)),
        (date(2020, 2, 29), date(2025, 3, 1)),
        (date.min, date.max),
        (date(2021, 11, 22), None),
    ],
)
def test_reversed_or_too_long_period_is_refused(since: date, until: date | None) -> None:
    with pytest.raises(Invalid) as refused:
        period(since, until, TODAY)

    assert list(refused.value.errors) == ["from"]


@given(st.dates(), st.integers(0, 1000))
def test_weeks_cover_each_day_once_and_in_order(first: date, more: int) -> None:
    days = Period(first, date.fromordinal(min(first.toordinal() + more, date.max.toordinal())))

    covered = [
        (iso_week(date.fromordinal(day)), week)
        for week, part in weeks(days)
        for day in range(part.first.toordinal(), part.last.toordinal() + 1)
    ]

    expected = range(days.first.toordinal(), days.last.toordinal() + 1)
    assert [week for week, _ in covered] == [iso_week(date.fromordinal(day)) for day in expected]
    assert all(own == period_week for own, period_week in covered)


def test_period_includes_the_last_microsecond_of_its_last_day() -> None:
    first, last = Period(TODAY, TODAY).instants

    assert first == datetime(2026, 11, 23, tzinfo=UTC)
    assert last == datetime(2026, 11, 24, tzinfo=UTC) - timedelta(microseconds=1)
    assert Period(date.min, date.max).instants[1].year == 9999
