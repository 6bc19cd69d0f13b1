"""Exported actions and ratings, on SQLite and PostgreSQL."""

import csv
import io
import json
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.activity import export
from personas.database.engine import db
from personas.database.session import read
from tests.activity.history import act, ago, rate

Pair = tuple[str, str]
EMOJI = "Grüße 🔑, \"said\"\r\nthe 'list'; \u2028 = 1"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A"]


def jsonl(kind: str, **options: Any) -> list[dict[str, Any]]:
    with closing(export.lines(kind, "jsonl", **options)) as lines:
        return [json.loads(line) for line in lines]


def csv_of(kind: str) -> str:
    with closing(export.lines(kind, "csv")) as lines:
        return b"".join(lines).decode()


def test_exported_action_uses_the_keys_of_the_api(pair: Pair) -> None:
    bob, _ = pair
    row = act(
        bob,
        datetime.fromisoformat("2026-01-02T03:04:05.678Z"),
        tick_id="tick-1",
        seq=7,
        tool_name="mcp__mana__todo_create",
        input_hash="9f86",
        result="error",
        error_message=EMOJI,
        latency_ms=12,
    )

    assert jsonl("actions") == [
        {
            "personaId": bob,
            "email": "persona.bob@mana.test",
            "tickId": "tick-1",
            "seq": 7,
            "toolName": row["tool_name"],
            "module": "todo",
            "inputHash": "9f86",
            "result": "error",
            "errorMessage": EMOJI,
            "latencyMs": 12,
            "occurredAt": "2026-01-02T03:04:05.678000Z",
        }
    ]


def test_exported_rating_uses_the_keys_of_the_api(pair: Pair) -> None:
    bob, _ = pair
    rate(bob, datetime.fromisoformat("2026-01-02T03:04:05Z"), 4, tick_id="tick-1")

    assert jsonl("feedback") == [
        {
            "personaId": bob,
            "email": "persona.bob@mana.test",
            "tickId": "tick-1",
            "module": "todo",
            "rating": 4,
            "notes": None,
            "occurredAt": "2026-01-02T03:04:05Z",
        }
    ]


def test_missing_value_is_null(pair: Pair) -> None:
    act(pair[0], ago(1), batch="a" * 64, seq=3, tool_name="search")
    [row] = jsonl("actions")

    optional = ("seq", "module", "inputHash", "errorMessage", "latencyMs")
    assert [row[name] for name in optional] == [None] * 5


def test_rows_are_sorted_by_persona_then_time_then_number(pair: Pair) -> None:
    for persona_id in sorted(pair, reverse=True):
        for days, seq in ((1, 2), (1, 0), (2, 5), (1, 1)):
            act(persona_id, ago(days), seq=seq)
    rows = jsonl("actions")

    expected = [(persona_id, seq) for persona_id in sorted(pair) for seq in (5, 0, 1, 2)]
    assert [(row["personaId"], row["seq"]) for row in rows] == expected


@pytest.mark.parametrize("kind", ["actions", "feedback"])
def test_since_is_inclusive_and_until_is_exclusive(pair: Pair, kind: str) -> None:
    bob, kim = pair
    tick = timedelta(microseconds=1)
    for name, at in (("a", ago(3) - tick), ("b", ago(3)), ("c", ago(2) - tick), ("d", ago(2))):
        act(bob, at, tick_id=name)
        rate(bob, at, 3, tick_id=name)
    act(kim, ago(3), tick_id="kim's")
    rate(kim, ago(3), 3, tick_id="kim's")

    def ticks(**options: Any) -> set[str]:
        return {row["tickId"] for row in jsonl(kind, **options)}

    assert ticks(since=ago(3), until=ago(2), persona_id=bob) == {"b", "c"}
    assert ticks(since=ago(2)) == {"d"}
    assert ticks(until=ago(3)) == {"a"}
    assert ticks(persona_id=kim) == {"kim's"}
    assert ticks(since=ago(2), until=ago(3)) == set()
    assert ticks() == {"a", "b", "c", "d", "kim's"}


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("kind", ["actions", "feedback"])
def test_csv_has_a_header_even_without_rows(kind: str) -> None:
    assert csv_of(kind) == ",".join(export.TABLES[kind].values) + "\r\n"
    assert jsonl(kind) == []


def test_csv_has_the_same_values_as_jsonl(pair: Pair) -> None:
    act(pair[0], ago(2), error_message=EMOJI, latency_ms=5)
    act(pair[1], ago(1), batch="b" * 64)
    expected = [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in jsonl("actions")
    ]

    assert list(csv.DictReader(io.StringIO(csv_of("actions"), newline=""))) == expected


def test_csv_formulas_are_prefixed_with_an_apostrophe(pair: Pair) -> None:
    for text in FORMULAS:
        rate(pair[0], ago(1), 3, tick_id=text, notes=text)
    rows = list(csv.DictReader(io.StringIO(csv_of("feedback"), newline="")))

    expected = {f"'{text}" for text in FORMULAS}
    assert {row["tickId"] for row in rows} == {row["notes"] for row in rows} == expected
    assert {row["notes"] for row in jsonl("feedback")} == set(FORMULAS)


def test_other_csv_cells_are_unchanged(pair: Pair) -> None:
    texts = {"1=1", " ", "", "'", "ok-ish", "“=”"}
    for text in texts:
        rate(pair[0], ago(1), 3, notes=text)
    rows = list(csv.DictReader(io.StringIO(csv_of("feedback"), newline="")))

    assert {row["notes"] for row in rows} == texts


def test_an_export_is_one_snapshot(
    database: Flask, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH_SIZE", 2)
    for days in range(1, 10):
        act(pair[0], ago(days), tick_id=str(days))
    with closing(export.lines("actions", "jsonl")) as lines:
        first = next(lines)
        with database.app_context():
            act(pair[0], ago(0), tick_id="later")
            act(max(pair), ago(0), tick_id="later still")
        ticks = [json.loads(line)["tickId"] for line in [first, *lines]]

    assert ticks == [str(days) for days in range(9, 0, -1)]


@pytest.mark.usefixtures("app_ctx")
@pytest.mark.parametrize("kind", ["actions", "feedback"])
@pytest.mark.parametrize("persona_id", [None, "somebody"])
@pytest.mark.parametrize("since", [None, datetime.fromisoformat("2026-01-01T00:00:00Z")])
def test_sqlite_exports_without_sorting(
    kind: str, persona_id: str | None, since: datetime | None
) -> None:
    query = export._query(export.TABLES[kind], since, since, persona_id)
    text = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    with read():
        plan = db.session.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")).all()

    assert any("ix_persona_" in row.detail for row in plan)
    assert not [row.detail for row in plan if "TEMP B-TREE" in row.detail]
