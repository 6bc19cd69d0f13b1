"""Column types: ids, times, enumerations; and the base class of all models."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid_utils import uuid7


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as text of 36 characters; newer ids sort after older ones."""
    return str(uuid7())


class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(sa.TypeDecorator[datetime]):
    """A time: aware and in UTC in Python; without a timezone in SQLite, which has none."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @staticmethod
    def stored(dialect: Dialect) -> Callable[[datetime], object]:
        """A function that converts a time in UTC to the driver's value, as `process_bind_param`
        and the dialect do; for `insert_many`."""
        if dialect.name == "sqlite":
            return lambda at: at.isoformat(" ", "microseconds")[:-6]  # without +00:00
        return lambda at: at

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A CHECK that the value of `column` is one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)
