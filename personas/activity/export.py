"""Write out what personas did and thought, row by row: a million take no more memory than one."""

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

FETCHED = 1000  # rows at once
# With one of these in front, a spreadsheet takes text for a formula; the full-width forms where
# people type them (OWASP, "CSV Injection")
FORMULA = tuple("=+-@\t\r\n＝＋－＠")

Value = str | int | None
Format = Callable[[Iterable[str], Iterable[tuple[Value, ...]]], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Form:
    """What is written of a table: by name on the wire, how it is read from a row. `order` is the
    index that begins with the persona and the time: it gives the rows in order, so that none are
    sorted."""

    table: Any
    order: tuple[str, ...]
    values: Mapping[str, Callable[[Any], Value]]


FORMS = {
    "actions": Form(
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
    "feedback": Form(
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
    what: str,
    format_name: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    persona_id: str | None = None,
) -> Generator[bytes, None, None]:
    """The `actions` or `feedback` of one snapshot, from `since` on and before `until`: lines of
    `jsonl` or `csv` in UTF-8, by persona, time, number. Close it: it holds a read transaction."""
    form = FORMS[what]
    readers = tuple(form.values.values())
    with read():
        rows = db.session.execute(
            _query(form, since, until, persona_id), execution_options={"yield_per": FETCHED}
        )
        read_all = (tuple([read_one(row) for read_one in readers]) for row in rows)
        yield from FORMATS[format_name](form.values, read_all)


def _query(
    form: Form, since: datetime | None, until: datetime | None, persona_id: str | None
) -> sa.Select[Any]:
    table = form.table
    query = sa.select(*table.c, User.email).join(User, User.id == table.c.persona_id)
    if since:
        query = query.where(table.c.occurred_at >= since)
    if until:
        query = query.where(table.c.occurred_at < until)
    if persona_id:
        query = query.where(table.c.persona_id == persona_id)
    return query.order_by(*(table.c[name] for name in form.order))


def _jsonl(names: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for row in rows:
        yield encode(dict(zip(names, row, strict=True))) + b"\n"


def _csv(names: Iterable[str], rows: Iterable[tuple[Value, ...]]) -> Iterator[bytes]:
    """RFC 4180, with a header."""
    line = csv.writer(_Line()).writerow  # which answers what the write below does
    yield line(names)
    for row in rows:
        yield line([_cell(value) for value in row])


class _Line:
    def write(self, text: str) -> bytes:
        return text.encode()


def _cell(value: Value) -> Value:
    """A spreadsheet shows text as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


FORMATS: dict[str, Format] = {"jsonl": _jsonl, "csv": _csv}
