"""Export actions and ratings row by row: a million rows take no more memory than one."""

import csv
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from personas.activity.models import PersonaAction, PersonaFeedback, number_of
from personas.activity.module import module_of
from personas.database.engine import db
from personas.database.session import read
from personas.http.instants import rfc3339
from personas.user.models import User

BATCH_SIZE = 1000  # rows fetched at once
# Spreadsheets read text that begins with one of these as a formula; the full-width forms, where
# people type them (OWASP, "CSV Injection")
FORMULA_PREFIXES = tuple("=+-@\t\r\n＝＋－＠")

Value = str | int | None
Format = Callable[[Iterable[str], Iterable[tuple[Value, ...]]], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class ExportTable:
    """A table and its exported columns: `values` maps each wire name to a function of a row.

    `order` lists the columns of an index that begins with the persona and the time, so that the
    database need not sort.
    """

    table: Any
    order: tuple[str, ...]
    values: Mapping[str, Callable[[Any], Value]]


TABLES = {
    "actions": ExportTable(
        table=PersonaAction.__table__,
        order=("persona_id", "occurred_at", "seq"),
        values={
            "personaId": attrgetter("persona_id"),
            "email": attrgetter("email"),
            "tickId": attrgetter("tick_id"),
            "seq": lambda row: number_of(row.batch, row.seq),
            "toolName": attrgetter("tool_name"),
            "module": lambda row: module_of(row.tool_name),
            "inputHash": attrgetter("input_hash"),
            "result": attrgetter("result"),
            "errorMessage": attrgetter("error_message"),
            "latencyMs": attrgetter("latency_ms"),
            "occurredAt": lambda row: rfc3339(row.occurred_at),
        },
    ),
    "feedback": ExportTable(
        table=PersonaFeedback.__table__,
        order=("persona_id", "occurred_at"),
        values={
            "personaId": attrgetter("persona_id"),
            "email": attrgetter("email"),
            "tickId": attrgetter("tick_id"),
            "module": attrgetter("module"),
            "rating": attrgetter("rating"),
            "notes": attrgetter("notes"),
            "occurredAt": lambda row: rfc3339(row.occurred_at),
        },
    ),
}


def lines(
    table_name: str,
    format_name: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    persona_id: str | None = None,
) -> Generator[bytes, None, None]:
    """Yield the lines of `actions` or `feedback` from `since` on and before `until`, as `jsonl` or
    `csv` in UTF-8, ordered by persona, time and number.

    All rows are of one snapshot: the generator holds a read transaction, so close it.
    """
    table = TABLES[table_name]
    readers = tuple(table.values.values())
    with read():
        rows = db.session.execute(
            _query(table, since, until, persona_id), execution_options={"yield_per": BATCH_SIZE}
        )
        value_rows = (tuple([read_value(row) for read_value in readers]) for row in rows)
        yield from FORMATS[format_name](table.values, value_rows)


def _query(
    export: ExportTable, since: datetime | None, until: datetime | None, persona_id: str | None
) -> sa.Select[Any]:
    table = export.table
    query = sa.select(*table.c, User.email).join(User, User.id == table.c.persona_id)
    if since:
        query = query.where(table.c.occurred_at >= since)
    if until:
        query = query.where(table.c.occurred_at < until)
    if persona_id:
        query = query.where(table.c.persona_id == persona_id)
    return query.order_by(*(table.c[name] for name in export.order))


def _jsonl(names: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for row in rows:
        yield encode(dict(zip(names, row, strict=True))) + b"\n"


def _csv(names: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> Iterator[bytes]:
    """RFC 4180, with a header."""
    write_row = csv.writer(_Encoder()).writerow  # returns what `_Encoder.write` returns
    yield write_row(names)
    for row in rows:
        yield write_row([_cell(value) for value in row])


class _Encoder:
    def write(self, text: str) -> bytes:
        return text.encode()


def _cell(value: Value) -> Value:
    """Prefix text that looks like a formula with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_PREFIXES) else value


FORMATS: dict[str, Format] = {"jsonl": _jsonl, "csv": _csv}
