"""Batches of the runner are written whole or not at all, and are safe to repeat (contract,
section 4)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.activity.conftest import Read
from tests.activity.runner import Row, Runner, action, counts, numbered, rating, refusal, wire
from tests.people import Clock

SEQS = "SELECT seq FROM persona_actions ORDER BY tick_id, seq"
COUNT = "SELECT count(*) FROM persona_actions"


@pytest.mark.parametrize("rows", [numbered(0, 1, 2), [action(), action()]])
def test_batch_sent_again_is_counted_as_duplicates(
    persona_runner: Runner, bob: str, stored: Read, rows: list[Row]
) -> None:
    first = persona_runner.actions(bob, *rows)
    again = persona_runner.actions(bob, *rows)

    assert counts(first) == (len(rows), 0)
    assert counts(again) == (0, len(rows))
    assert stored(COUNT) == [(len(rows),)]


def test_numbered_rows_may_be_split_merged_and_reordered(
    persona_runner: Runner, bob: str, stored: Read
) -> None:
    split = persona_runner.actions(bob, *numbered(0, 7))
    merged = persona_runner.actions(bob, *numbered(9, 7, 3, 0))
    other = persona_runner.actions(bob, *numbered(0, tickId="next"), *numbered(9, 3))
    whole = persona_runner.actions(bob, *numbered(3, 9, 0, 7), *numbered(0, tickId="next"))

    assert counts(split) == (2, 0)
    assert counts(merged) == (2, 2)
    assert counts(other) == (1, 2)
    assert counts(whole) == (0, 5)
    assert stored(SEQS) == [(0,), (0,), (3,), (7,), (9,)]


def test_different_batches_without_numbers_are_all_stored(
    persona_runner: Runner, bob: str, stored: Read
) -> None:
    rows = [action(latencyMs=latency) for latency in range(500)]
    first = persona_runner.actions(bob, *rows)
    tail = persona_runner.actions(bob, *rows[250:])
    turned = persona_runner.actions(bob, *reversed(rows))

    assert counts(first) == (500, 0)
    assert counts(tail) == (250, 0)
    assert counts(turned) == (500, 0)
    assert stored(COUNT) == [(1250,)]


def test_equal_rows_of_a_batch_without_numbers_are_all_stored(
    persona_runner: Runner, bob: str, stored: Read
) -> None:
    assert counts(persona_runner.actions(bob, action(), action(), action())) == (3, 0)
    assert counts(persona_runner.actions(bob, action(), action())) == (2, 0)
    assert stored(COUNT) == [(5,)]


def test_rows_with_and_without_a_number_are_different(persona_runner: Runner, bob: str) -> None:
    assert counts(persona_runner.actions(bob, action())) == (1, 0)
    assert counts(persona_runner.actions(bob, action(seq=0))) == (1, 0)


@pytest.mark.parametrize(
    ("sent", "equivalent"),
    [
        ({"occurredAt": "{now}T10:00:00+02:00"}, {"occurredAt": "{now}T08:00:00Z"}),
        ({"occurredAt": "{now}T08:00:00.000000001z"}, {"occurredAt": "{now}T08:00:00Z"}),
        ({"inputHash": ""}, {}),
        ({"errorMessage": "x" * 2001}, {"errorMessage": "x" * 2000}),
        ({"errorMessage": "a\0b\ud800"}, {"errorMessage": "a\ufffdb\ufffd"}),
    ],
)
@pytest.mark.parametrize("seq", [{}, {"seq": 5}])
def test_rows_with_the_same_meaning_are_duplicates(
    persona_runner: Runner, bob: str, sent: Row, equivalent: Row, seq: Row
) -> None:
    yesterday = str((datetime.now(UTC) - timedelta(days=1)).date())

    def row(fields: Row) -> Row:
        return action(
            **{key: text.replace("{now}", yesterday) for key, text in fields.items()}, **seq
        )

    assert counts(persona_runner.actions(bob, row(sent))) == (1, 0)
    assert counts(persona_runner.actions(bob, row(equivalent))) == (0, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"toolName": "todo.delete"},
        {"inputHash": "9f86"},
        {"result": "error"},
        {"errorMessage": ""},
        {"latencyMs": 0},
        {"occurredAt": wire(datetime.now(UTC))},
    ],
)
def test_other_content_is_a_new_batch_or_a_conflict_of_numbered_rows(
    persona_runner: Runner, bob: str, stored: Read, changes: Row
) -> None:
    counts(persona_runner.actions(bob, action()))
    counts(persona_runner.actions(bob, *numbered(0, 1), action(seq=2)))
    before = stored("SELECT * FROM persona_actions ORDER BY seq, batch")

    clash = persona_runner.actions(bob, *numbered(9, 0, 1), action(seq=2, **changes), *numbered(5))

    assert refusal(clash) == (409, ["actions.3"])
    assert stored("SELECT * FROM persona_actions ORDER BY seq, batch") == before
    assert counts(persona_runner.actions(bob, action(**changes))) == (1, 0)


def test_time_set_by_the_server_is_not_compared(
    persona_runner: Runner, bob: str, stopped_clock: Clock
) -> None:
    counts(persona_runner.actions(bob, action(seq=0)))
    counts(persona_runner.feedback(bob, rating()))
    stopped_clock.move(days=40)

    assert counts(persona_runner.actions(bob, action(seq=0))) == (0, 1)
    assert counts(persona_runner.feedback(bob, rating())) == (0, 1)


def test_two_personas_may_use_the_same_tick(persona_runner: Runner, bob: str, kim: str) -> None:
    for persona in (bob, kim):
        assert counts(persona_runner.actions(persona, action(), action())) == (2, 0)
        assert counts(persona_runner.actions(persona, *numbered(0, 1))) == (2, 0)
        assert counts(persona_runner.feedback(persona, rating())) == (1, 0)


@pytest.mark.parametrize(
    ("tick", "other"),
    [
        ("a-0", "a"),
        ("a:b", "a"),
        ("a|0|todo.create", "a"),
        ("a\u2028b", "a"),
        ("x" * 254 + "a", "x" * 254 + "b"),
        ("é", "e\u0301"),  # the same to a reader, not to a program
        ("A", "a"),
        (" a", "a"),
        ("🔑" * 255, "🔑" * 254),
    ],
)
def test_similar_tick_ids_stay_different(
    persona_runner: Runner, bob: str, stored: Read, tick: str, other: str
) -> None:
    for name in (tick, other):
        assert counts(persona_runner.actions(bob, *numbered(0, 10, tickId=name))) == (2, 0)
        assert counts(persona_runner.actions(bob, action(tickId=name))) == (1, 0)
        assert counts(persona_runner.feedback(bob, rating(tickId=name))) == (1, 0)

    ticks = {row for (row,) in stored("SELECT tick_id FROM persona_actions")}
    assert ticks == {tick, other}


@pytest.mark.parametrize(
    "tick", ["", "x" * 256, "x" * 300, "🔑" * 256, "a\n", "a\x7f", "a\x85", "a\0", "a\ud800", 5]
)
def test_tick_id_has_1_to_255_characters_without_controls(
    persona_runner: Runner, bob: str, stored: Read, tick: object
) -> None:
    bad = [action(tickId=tick) for _ in range(2)]

    assert refusal(persona_runner.actions(bob, action(), *bad)) == (
        422,
        ["actions.1.tickId", "actions.2.tickId"],
    )
    assert refusal(persona_runner.feedback(bob, rating(tickId=tick))) == (
        422,
        ["feedback.0.tickId"],
    )
    assert stored(COUNT) == [(0,)]


def test_repeated_row_of_a_batch_is_a_duplicate(persona_runner: Runner, bob: str) -> None:
    answer = persona_runner.actions(bob, *numbered(0, 1, 0, 0), *numbered(0, tickId="next"))

    assert counts(answer) == (3, 2)
    assert counts(persona_runner.actions(bob, *numbered(1, 1))) == (0, 2)


def test_repeated_number_with_other_content_is_refused(
    persona_runner: Runner, bob: str, stored: Read
) -> None:
    answer = persona_runner.actions(bob, *numbered(0, 1, 2), action(seq=1, latencyMs=7))

    assert refusal(answer) == (422, ["actions.3.seq"])
    assert stored(COUNT) == [(0,)]


@pytest.mark.parametrize("rows", [[action(seq=1), action()], [action(), action(seq=1)]])
def test_all_rows_have_numbers_or_none(
    persona_runner: Runner, bob: str, stored: Read, rows: list[Row]
) -> None:
    assert refusal(persona_runner.actions(bob, *rows)) == (422, ["actions.1.seq"])
    assert stored(COUNT) == [(0,)]


def test_first_rating_of_a_module_in_a_batch_counts(
    persona_runner: Runner, bob: str, stored: Read
) -> None:
    answer = persona_runner.feedback(
        bob, rating(stars=2), rating(stars=5), rating("notes"), rating()
    )

    assert counts(answer) == (2, 2)
    assert stored("SELECT module, rating FROM persona_feedback ORDER BY module") == [
        ("notes", 4),
        ("todo", 2),
    ]
    assert counts(persona_runner.feedback(bob, rating(stars=2), rating(stars=3))) == (0, 2)


@pytest.mark.parametrize("changes", [{"rating": 5}, {"notes": ""}, {"notes": "Good."}])
def test_later_request_with_another_rating_is_a_conflict(
    persona_runner: Runner, bob: str, stored: Read, changes: Row
) -> None:
    counts(persona_runner.feedback(bob, rating()))
    before = stored("SELECT * FROM persona_feedback")

    clash = persona_runner.feedback(bob, rating("notes"), rating(**changes))

    assert refusal(clash) == (409, ["feedback.1"])
    assert stored("SELECT * FROM persona_feedback") == before
    assert counts(persona_runner.feedback(bob, rating("notes"), rating())) == (1, 1)
