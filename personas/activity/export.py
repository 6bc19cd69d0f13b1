"""Write out what personas did and thought, row by row: a million take no more memory than one."""

import csv
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from personas.activity.models import PersonaAction, PersonaFeedback
from personas.activity.module import module_of
from personas.db import db, read
from personas.fields import rfc3339
from personas.user.models import User

FETCHED = 1000  # rows at once
# With one of these in front, a spreadsheet takes text for a formula; the full-width forms where
# people type them (OWASP, "CSV Injection")
FORMULA = tuple("=+-@\t\r\n＝＋－＠")

Values = tuple[str | int | None, ...]
Form = Callable[[tuple[str, ...], Iterable[Values]], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of the two kinds of rows. `order` is the index of its table that begins with the persona
    and the time: it gives the rows in order, so that none are sorted."""

    table: Any
    order: tuple[str, ...]
    names: tuple[str, ...]  # on the wire
    values: Callable[[Any], Values]


def _action(row: Any) -> Values:
    return (
        row.persona_id,
        row.email,
        row.tick_id,
        None if row.batch else row.seq,
        row.tool_name,
        module_of(row.tool_name),
        row.input_hash,
        row.result,
        row.error_message,
        row.latency_ms,
        rfc3339(row.occurred_at),
    )


def _rating(row: Any) -> Values:
    return (
        row.persona_id,
        row.email,
        row.tick_id,
        row.module,
        row.rating,
        row.notes,
        rfc3339(row.occurred_at),
    )


KINDS = {
    "actions": Kind(
        table=PersonaAction.__table__,
        order=("persona_id", "occurred_at", "seq"),
        names=(
            *("personaId", "email", "tickId", "seq", "toolName", "module", "inputHash"),
            *("result", "errorMessage", "latencyMs", "occurredAt"),
        ),
        values=_action,
    ),
    "feedback": Kind(
        table=PersonaFeedback.__table__,
        order=("persona_id", "occurred_at"),
        names=("personaId", "email", "tickId", "module", "rating", "notes", "occurredAt"),
        values=_rating,
    ),
}


def lines(
    kind: Kind,
    form: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    persona_id: str | None = None,
) -> Generator[bytes, None, None]:
    """The rows of one snapshot, from `since` on and before `until`, as lines of `jsonl` or `csv`
    in UTF-8, by persona, time and number. Close it: it holds a read transaction."""
    with read():
        rows = db.session.execute(
            _query(kind, since, until, persona_id), execution_options={"yield_per": FETCHED}
        )
        yield from FORMS[form](kind.names, map(kind.values, rows))


def _query(
    kind: Kind, since: datetime | None, until: datetime | None, persona_id: str | None
) -> sa.Select[Any]:
    table = kind.table
    query = sa.select(*table.c, User.email).join(User, User.id == table.c.persona_id)
    if since:
        query = query.where(table.c.occurred_at >= since)
    if until:
        query = query.where(table.c.occurred_at < until)
    if persona_id:
        query = query.where(table.c.persona_id == persona_id)
    return query.order_by(*(table.c[name] for name in kind.order))


def _jsonl(names: tuple[str, ...], rows: Iterable[Values]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for row in rows:
        yield encode(dict(zip(names, row, strict=True))) + b"\n"


def _csv(names: tuple[str, ...], rows: Iterable[Values]) -> Iterator[bytes]:
    """RFC 4180, with a header."""
    line = csv.writer(_Line()).writerow  # which answers what the write below does
    yield line(names)
    for row in rows:
        yield line([_cell(value) for value in row])


class _Line:
    def write(self, text: str) -> bytes:
        return text.encode()


def _cell(value: str | int | None) -> str | int | None:
    """A spreadsheet shows text as text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


FORMS: dict[str, Form] = {"jsonl": _jsonl, "csv": _csv}
