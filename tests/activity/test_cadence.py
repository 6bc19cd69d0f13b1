"""When the next turn is due, in every time zone and through clock changes."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.activity.cadence import due_before

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a Thursday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IDLE = {"hourly": HOUR, "daily": DAY, "weekdays": DAY}
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",  # its summer begins at midnight: that day has no 00:00
    "Africa/Cairo",  # the same, on a Friday
    "Australia/Lord_Howe",  # its summer is half an hour
    "Asia/Kathmandu",
    "Pacific/Kiritimati",  # UTC+14
    "Pacific/Pago_Pago",  # UTC-11
    "Pacific/Apia",  # had no 30 December 2011
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def weekday(now: datetime, zone: ZoneInfo) -> int:
    """Monday is 0; counted in local days since the epoch, without a calendar."""
    offset = now.astimezone(zone).utcoffset()
    assert offset is not None
    return ((now - EPOCH + offset) // DAY + 3) % 7


def is_due(cadence: str, now: datetime, zone: str, last: datetime | None) -> bool:
    since = due_before(now, ZoneInfo(zone)).get(cadence)
    return since is not None and (last is None or last <= since)


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        # the last moment of Sunday and the first of Monday
        ("UTC", "2026-11-22T23:59:59.999999Z", "2026-11-23T00:00:00Z"),
        ("Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"),  # summer began
        ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"),  # summer ended
        ("America/New_York", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T12:59:59Z", "2026-10-04T13:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T13:29:59Z", "2026-04-05T13:30:00Z"),
        ("Asia/Kathmandu", "2026-11-22T18:14:59Z", "2026-11-22T18:15:00Z"),
        ("Pacific/Kiritimati", "2026-11-22T09:59:59Z", "2026-11-22T10:00:00Z"),
        ("Pacific/Pago_Pago", "2026-11-23T10:59:59Z", "2026-11-23T11:00:00Z"),
    ],
)
def test_week_begins_on_monday_in_the_zone(zone: str, before: str, after: str) -> None:
    assert not is_due("weekdays", at(before), zone, None)
    assert is_due("weekdays", at(after), zone, None)


@pytest.mark.parametrize(
    ("zone", "friday", "saturday"),
    [
        ("UTC", "2026-11-27T23:59:59Z", "2026-11-28T00:00:00Z"),
        ("Pacific/Kiritimati", "2026-11-27T09:59:59Z", "2026-11-27T10:00:00Z"),
        ("Pacific/Pago_Pago", "2026-11-28T10:59:59Z", "2026-11-28T11:00:00Z"),
        ("Africa/Cairo", "2026-04-24T20:59:59Z", "2026-04-24T21:00:00Z"),  # summer since Friday
        ("UTC", "2044-02-26T23:59:59Z", "2044-02-27T00:00:00Z"),  # before a leap day
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"),  # Thursday, Saturday
    ],
)
def test_week_ends_on_friday_in_the_zone(zone: str, friday: str, saturday: str) -> None:
    assert is_due("weekdays", at(friday), zone, None)
    assert not is_due("weekdays", at(saturday), zone, None)


def test_leap_day_is_an_ordinary_weekday() -> None:
    assert is_due("weekdays", at("2028-02-29T12:00:00Z"), "UTC", at("2028-02-28T12:00:00Z"))
    assert not is_due("weekdays", at("2032-02-29T12:00:00Z"), "UTC", None)  # a Sunday


@pytest.mark.parametrize("cadence", ["hourly", "daily", "weekdays"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_idle_time_is_counted_in_elapsed_hours(cadence: str, zone: str) -> None:
    now = at("2026-10-26T12:00:00Z")  # Monday; the day before had 25 hours in Berlin
    edge = now - IDLE[cadence]

    assert is_due(cadence, now, zone, None)
    assert is_due(cadence, now, zone, edge)
    assert not is_due(cadence, now, zone, edge + timedelta(microseconds=1))


@given(
    now=st.integers(20 * 365, 120 * 365).map(lambda day: EPOCH + day * DAY),
    since_midnight=st.timedeltas(timedelta(0), DAY),
    zone=st.sampled_from(ZONES),
)
def test_only_the_weekend_in_the_zone_has_no_turn(
    now: datetime, since_midnight: timedelta, zone: str
) -> None:
    now += since_midnight
    limits = due_before(now, ZoneInfo(zone))

    assert ("weekdays" in limits) == (weekday(now, ZoneInfo(zone)) < 5)
    assert {cadence: now - since for cadence, since in limits.items()} == {
        cadence: IDLE[cadence] for cadence in limits
    }
    assert {"hourly", "daily"} <= set(limits)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cadence", IDLE)
@pytest.mark.parametrize("start", ["2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z"])
def test_clock_jump_never_repeats_a_turn(cadence: str, zone: str, start: str) -> None:
    # checked repeatedly for ten days, with suspended hours and a clock that is set back
    dice = random.Random(f"{cadence} {zone} {start}")
    now, last = at(start), None
    turns: list[datetime] = []
    for _ in range(1500):
        now += dice.choice([timedelta(minutes=dice.uniform(0, 20)), timedelta(seconds=1)])
        if dice.random() < 0.01:
            now += timedelta(hours=dice.uniform(-3, 9))
        if is_due(cadence, now, zone, last):
            turns.append(now)
            last = now

    assert turns
    assert all(later - earlier >= IDLE[cadence] for earlier, later in pairwise(turns))
    if cadence == "weekdays":
        assert {weekday(turn, ZoneInfo(zone)) for turn in turns} <= {0, 1, 2, 3, 4}
