"""The fast way of reading rows and marshmallow agree on every input."""

from typing import Any

import marshmallow as ma
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from personas.activity.batch import Rows
from personas.activity.schemas import ActionBatch, ActionSchema, FeedbackBatch, FeedbackSchema

TEXTS = st.one_of(
    st.text(st.characters(), max_size=6),
    st.text(st.sampled_from("a.\0\n\r\t\x1f\x7f\x85\u2028\ud800\udfff\U0001f511 "), max_size=6),
    st.builds(
        lambda text, times, end: text * times + end,
        st.sampled_from(["x", "ä", "\U0001f511", "\ud800"]),
        st.sampled_from([127, 128, 129, 199, 200, 201, 254, 255, 256, 1999, 2000, 2001]),
        st.sampled_from(["", "\n", "\0", "\ud800"]),
    ),
)
TIMES = st.one_of(
    st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    st.builds(
        "{}-{}-{}{}{}:{}:{}{}{}".format,
        st.sampled_from(["0000", "0001", "2026", "2028", "9999", "26", "10000", "２０２６"]),
        st.sampled_from(["00", "01", "02", "12", "13", "1"]),
        st.sampled_from(["00", "01", "29", "30", "31", "32"]),
        st.sampled_from(["T", "t", " ", "", "_"]),
        st.sampled_from(["00", "23", "24", "25"]),
        st.sampled_from(["00", "59", "60"]),
        st.sampled_from(["00", "59", "60", "61"]),
        st.sampled_from(["", ".", ".1", ".123456", ".123456789", ".1234567890", ",5"]),
        st.sampled_from(
            ["Z", "z", "", "+00:00", "-00:00", "+0100", "+01", "+14:00", "-23:59", "+24:00",
             "+00:60", "+01:75", "Z\n", "+01:00:30", " Z"]
        ),
    ),
)  # fmt: skip
UNUSUAL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 1, 4, 5, 6, 2**31 - 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400]),
    st.sampled_from([0.0, -0.0, 4.5, 5.0, 1e300]),
    st.sampled_from(["4", "", "ok", "error", "OK", "ok\n", "true"]),
    TEXTS,
    TIMES,
    st.lists(st.integers(), max_size=2),
    st.dictionaries(TEXTS, st.integers(), max_size=2),
)
WHOLE = st.sampled_from([0, 1, 4, 5, 2**31 - 1])
VALID = {
    "actions": {
        "tickId": st.just("tick"),
        "toolName": st.sampled_from(["todo.create", "__turn"]),
        "inputHash": st.sampled_from(["", "9f86"]),
        "result": st.sampled_from(["ok", "error"]),
        "errorMessage": st.sampled_from(["", "The list is full."]),
        "latencyMs": WHOLE,
        "seq": WHOLE,
        "occurredAt": st.sampled_from(["2026-03-01T08:30:00Z", "2026-03-01t09:30:00.5+01:00"]),
    },
    "feedback": {
        "tickId": st.just("tick"),
        "module": st.just("todo"),
        "rating": st.sampled_from([1, 5]),
        "notes": TEXTS,
        "occurredAt": st.just("2026-03-01T08:30:00Z"),
    },
}
ROW = {"tickId": "tick", "toolName": "todo.create", "result": "ok"}


@st.composite
def batches(draw: st.DrawFn, name: str) -> object:
    """Mostly valid rows, with up to two keys that are missing, unknown or invalid."""
    batch = []
    for _ in range(draw(st.integers(0, 3))):
        row: dict[str, object] = {key: draw(value) for key, value in VALID[name].items()}
        for key in draw(st.lists(st.sampled_from([*row, "unknown", "tick_id"]), max_size=2)):
            if key in row and draw(st.booleans()):
                del row[key]
            else:
                row[key] = draw(UNUSUAL)
        batch.append(row)
    return draw(st.one_of(st.just(batch), st.just([*batch, draw(UNUSUAL)]), UNUSUAL))


def field(name: str) -> Rows:
    batch_field = {"actions": ActionBatch, "feedback": FeedbackBatch}[name]().fields[name]
    assert isinstance(batch_field, Rows)
    return batch_field


FIELDS = {name: field(name) for name in VALID}
REFERENCES = {
    name: ma.fields.List(ma.fields.Nested(schema), validate=FIELDS[name].validators)
    for name, schema in (("actions", ActionSchema), ("feedback", FeedbackSchema))
}


def outcome(load: Any, value: object) -> object:
    """The rows, each value with its type, or the errors."""
    try:
        return [repr(msgspec.structs.asdict(row)) for row in load(value)]
    except ma.ValidationError as error:
        return error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow's


def both(name: str, value: object) -> tuple[object, object]:
    """The outcome of the service, and that of marshmallow alone."""
    return outcome(FIELDS[name].deserialize, value), outcome(REFERENCES[name].deserialize, value)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(value=batches("actions"))
@example([{**ROW, "latencyMs": 5.0}])
@example([{**ROW, "latencyMs": True}])
@example([{**ROW, "seq": 2**64}])
@example([{**ROW, "inputHash": "a\n"}])
@example([{**ROW, "inputHash": ""}])
@example([{**ROW, "tickId": "a\n"}])
@example([{**ROW, "\ud800": 1}])
@example([{**ROW, "result": "\ud800"}])
@example([{**ROW, "errorMessage": "x" * 1999 + "\ud800\0"}])
@example([{**ROW, "occurredAt": "0001-01-01T00:00:00+01:00"}])
@example([{**ROW, "occurredAt": "9999-12-31T23:59:59-01:00"}])
@example([{**ROW, "occurredAt": "2026-03-01T08:30:00Z\n"}])
@example([])
@example({})
@example("tick")
@example([[]])
def test_actions_are_read_as_marshmallow_reads_them(value: object) -> None:
    quick, reference = both("actions", value)

    assert quick == reference


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(value=batches("feedback"))
@example([{"tickId": "t", "module": "a.b", "rating": 4}])
@example([{"tickId": "t", "module": "a", "rating": 4.0}])
@example([{"tickId": "t", "module": "a", "rating": "4"}])
@example([{"tickId": "t", "module": "a", "rating": True}])
def test_feedback_is_read_as_marshmallow_reads_it(value: object) -> None:
    quick, reference = both("feedback", value)

    assert quick == reference


@pytest.mark.parametrize(("name", "most"), [("actions", 500), ("feedback", 100)])
def test_rows_of_a_too_large_batch_are_not_checked(name: str, most: int) -> None:
    quick, _ = both(name, [None] * (most + 1))

    assert quick == {"_schema": [f"Must contain 1 to {most} rows."]}


def test_501_valid_rows_are_too_many() -> None:
    quick, reference = both("actions", [ROW] * 501)

    assert quick == reference == {"_schema": ["Must contain 1 to 500 rows."]}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("actions", ROW),
        ("actions", {**ROW, "seq": 0, "latencyMs": 1, "inputHash": "", "errorMessage": "\0"}),
        ("actions", {**ROW, "toolName": "ä" * 200, "occurredAt": "2026-03-01T08:30:00+01:00"}),
        ("feedback", {"tickId": "t" * 255, "module": "todo", "rating": 5, "notes": "x" * 9000}),
    ],
)
def test_valid_rows_are_read_without_marshmallow(
    monkeypatch: pytest.MonkeyPatch, name: str, row: dict[str, object]
) -> None:
    reference = outcome(REFERENCES[name].deserialize, [row])
    monkeypatch.delattr(ma.fields.List, "_deserialize")

    assert outcome(FIELDS[name].deserialize, [row]) == reference


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 08:30:00Z",
        "2026-03-01T08:30:00",
        "2026-03-01T08:30Z",
        "2026-03-01T08:30:00+0100",
        "2026-03-01T08:30:00+01",
        "2026-03-01T08:30:00,5Z",
        "2026-03-01T08:30:00.Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T08:60:00Z",
        "2026-03-01T08:30:00+24:00",
        "2026-03-01T08:30:00+00:60",
        "2026-02-29T08:30:00Z",
        "2026-W09-7T08:30:00Z",
        "20260301T083000Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "２０２６-03-01T08:30:00Z",
        "2026-03-01T08:30:00Z\n",
        "",
    ],
)
def test_time_that_is_not_rfc_3339_is_refused(text: str) -> None:
    quick, reference = both("actions", [{**ROW, "occurredAt": text}])

    assert quick == reference == {0: {"occurredAt": ["Must be a time like 2026-03-01T08:30:00Z."]}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01t08:30:00z", "2026-03-01T08:30:00+00:00"),
        ("2026-03-01T08:30:00.1Z", "2026-03-01T08:30:00.100000+00:00"),
        ("2026-03-01T08:30:00.123456789Z", "2026-03-01T08:30:00.123456+00:00"),
        ("2026-03-01T08:30:00-00:00", "2026-03-01T08:30:00+00:00"),
        ("2026-03-01T00:30:00+05:45", "2026-02-28T18:45:00+00:00"),
        ("2028-02-29T23:59:59-23:59", "2028-03-01T23:58:59+00:00"),
    ],
)
def test_time_is_converted_to_utc(text: str, expected: str) -> None:
    rows: Any = FIELDS["actions"].deserialize([{**ROW, "occurredAt": text}])

    assert [row.occurred_at.isoformat() for row in rows] == [expected]
