"""Both databases store an instant from any time zone and return it in UTC, to the microsecond."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.database.engine import db
from personas.database.session import read, write
from personas.database.types import UTCDateTime

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
instants = sa.Table("instants", sa.MetaData(), sa.Column("at", UTCDateTime))


@pytest.fixture(autouse=True)
def context(empty_database: Flask) -> Iterator[None]:
    with empty_database.app_context():
        with write():
            instants.create(db.session.connection())
        yield


def store(instant: datetime | None) -> None:
    with write():
        db.session.execute(sa.insert(instants).values(at=instant))


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
        datetime(2026, 3, 1, 12, 30, 15, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(9000, 1, 1, tzinfo=UTC),
        None,
    ],
    ids=str,
)
def test_an_instant_is_returned_unchanged(instant: datetime | None) -> None:
    store(instant)

    with read():
        stored = db.session.execute(sa.select(instants.c.at)).scalar_one()

    assert stored == instant
    assert stored is None or stored.tzinfo is UTC


def test_instants_compare_across_time_zones() -> None:
    store(NOON)
    zone = timezone(timedelta(hours=-9))
    later = (NOON + timedelta(microseconds=1)).astimezone(zone)

    with read():
        before = db.session.scalars(sa.select(instants.c.at).where(instants.c.at < later)).all()
        after = db.session.scalars(sa.select(instants.c.at).where(instants.c.at >= later)).all()

    assert (before, after) == ([NOON], [])


def test_instants_sort_chronologically() -> None:
    moments = [NOON + timedelta(microseconds=number) for number in (0, 1, 10, 999_999, 1_000_000)]
    for instant in reversed(moments):
        store(instant)

    with read():
        assert list(db.session.scalars(sa.select(instants.c.at).order_by(instants.c.at))) == moments
