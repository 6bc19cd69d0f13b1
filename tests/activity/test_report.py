"""What is added of what the runner reports: all or nothing, and safe to repeat (contract,
section 4)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.activity.conftest import Read
from tests.activity.runner import Row, Runner, action, counts, numbered, rating, refusal, wire
from tests.people import Clock

SEQS = "SELECT seq FROM persona_actions ORDER BY tick_id, seq"
COUNT = "SELECT count(*) FROM persona_actions"


@pytest.mark.parametrize("rows", [numbered(0, 1, 2), [action(), action()]])
def test_a_batch_sent_again_writes_nothing_and_loses_nothing(
    playing: Runner, bob: str, stored: Read, rows: list[Row]
) -> None:
    first = playing.actions(bob, *rows)
    again = playing.actions(bob, *rows)

    assert counts(first) == (len(rows), 0)
    assert counts(again) == (0, len(rows))
    assert stored(COUNT) == [(len(rows),)]


def test_numbered_rows_may_be_split_merged_and_reordered(
    playing: Runner, bob: str, stored: Read
) -> None:
    split = playing.actions(bob, *numbered(0, 7))
    merged = playing.actions(bob, *numbered(9, 7, 3, 0))
    other = playing.actions(bob, *numbered(0, tickId="next"), *numbered(9, 3))
    whole = playing.actions(bob, *numbered(3, 9, 0, 7), *numbered(0, tickId="next"))

    assert counts(split) == (2, 0)
    assert counts(merged) == (2, 2)
    assert counts(other) == (1, 2)
    assert counts(whole) == (0, 5)
    assert stored(SEQS) == [(0,), (0,), (3,), (7,), (9,)]


def test_two_batches_of_one_tick_without_numbers_are_both_kept(
    playing: Runner, bob: str, stored: Read
) -> None:
    rows = [action(latencyMs=latency) for latency in range(500)]
    first = playing.actions(bob, *rows)
    tail = playing.actions(bob, *rows[250:])
    turned = playing.actions(bob, *reversed(rows))

    assert counts(first) == (500, 0)
    assert counts(tail) == (250, 0)
    assert counts(turned) == (500, 0)
    assert stored(COUNT) == [(1250,)]


def test_alike_rows_of_a_batch_without_numbers_are_all_kept(
    playing: Runner, bob: str, stored: Read
) -> None:
    assert counts(playing.actions(bob, action(), action(), action())) == (3, 0)
    assert counts(playing.actions(bob, action(), action())) == (2, 0)
    assert stored(COUNT) == [(5,)]


def test_a_number_and_none_are_different_rows(playing: Runner, bob: str) -> None:
    assert counts(playing.actions(bob, action())) == (1, 0)
    assert counts(playing.actions(bob, action(seq=0))) == (1, 0)


@pytest.mark.parametrize(
    ("sent", "means"),
    [
        ({"occurredAt": "{now}T10:00:00+02:00"}, {"occurredAt": "{now}T08:00:00Z"}),
        ({"occurredAt": "{now}T08:00:00.000000001z"}, {"occurredAt": "{now}T08:00:00Z"}),
        ({"inputHash": ""}, {}),
        ({"errorMessage": "x" * 2001}, {"errorMessage": "x" * 2000}),
        ({"errorMessage": "a\0b\ud800"}, {"errorMessage": "a\ufffdb\ufffd"}),
    ],
)
@pytest.mark.parametrize("seq", [{}, {"seq": 5}])
def test_a_repetition_is_known_by_what_it_means(
    playing: Runner, bob: str, sent: Row, means: Row, seq: Row
) -> None:
    yesterday = str((datetime.now(UTC) - timedelta(days=1)).date())

    def row(said: Row) -> Row:
        return action(
            **{key: text.replace("{now}", yesterday) for key, text in said.items()}, **seq
        )

    assert counts(playing.actions(bob, row(sent))) == (1, 0)
    assert counts(playing.actions(bob, row(means))) == (0, 1)


@pytest.mark.parametrize(
    "said",
    [
        {"toolName": "todo.delete"},
        {"inputHash": "9f86"},
        {"result": "error"},
        {"errorMessage": ""},
        {"latencyMs": 0},
        {"occurredAt": wire(datetime.now(UTC))},
    ],
)
def test_other_content_is_another_batch_and_a_conflict_where_rows_have_numbers(
    playing: Runner, bob: str, stored: Read, said: Row
) -> None:
    counts(playing.actions(bob, action()))
    counts(playing.actions(bob, *numbered(0, 1), action(seq=2)))
    before = stored("SELECT * FROM persona_actions ORDER BY seq, batch")

    clash = playing.actions(bob, *numbered(9, 0, 1), action(seq=2, **said), *numbered(5))

    assert refusal(clash) == (409, ["actions.3"])
    assert stored("SELECT * FROM persona_actions ORDER BY seq, batch") == before
    assert counts(playing.actions(bob, action(**said))) == (1, 0)


def test_the_server_s_own_time_is_no_content(
    playing: Runner, bob: str, stopped_clock: Clock
) -> None:
    counts(playing.actions(bob, action(seq=0)))
    counts(playing.feedback(bob, rating()))
    stopped_clock.move(days=40)

    assert counts(playing.actions(bob, action(seq=0))) == (0, 1)
    assert counts(playing.feedback(bob, rating())) == (0, 1)


def test_two_personas_may_use_the_same_tick(playing: Runner, bob: str, kim: str) -> None:
    for persona in (bob, kim):
        assert counts(playing.actions(persona, action(), action())) == (2, 0)
        assert counts(playing.actions(persona, *numbered(0, 1))) == (2, 0)
        assert counts(playing.feedback(persona, rating())) == (1, 0)


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
def test_an_id_is_never_joined_cut_or_folded(
    playing: Runner, bob: str, stored: Read, tick: str, other: str
) -> None:
    for name in (tick, other):
        assert counts(playing.actions(bob, *numbered(0, 10, tickId=name))) == (2, 0)
        assert counts(playing.actions(bob, action(tickId=name))) == (1, 0)
        assert counts(playing.feedback(bob, rating(tickId=name))) == (1, 0)

    ticks = {row for (row,) in stored("SELECT tick_id FROM persona_actions")}
    assert ticks == {tick, other}


@pytest.mark.parametrize(
    "tick", ["", "x" * 256, "x" * 300, "🔑" * 256, "a\n", "a\x7f", "a\x85", "a\0", "a\ud800", 5]
)
def test_a_tick_is_1_to_255_characters_without_controls(
    playing: Runner, bob: str, stored: Read, tick: object
) -> None:
    bad = [action(tickId=tick) for _ in range(2)]

    assert refusal(playing.actions(bob, action(), *bad)) == (
        422,
        ["actions.1.tickId", "actions.2.tickId"],
    )
    assert refusal(playing.feedback(bob, rating(tickId=tick))) == (422, ["feedback.0.tickId"])
    assert stored(COUNT) == [(0,)]


def test_a_row_that_comes_twice_in_a_batch_is_a_duplicate(playing: Runner, bob: str) -> None:
    answer = playing.actions(bob, *numbered(0, 1, 0, 0), *numbered(0, tickId="next"))

    assert counts(answer) == (3, 2)
    assert counts(playing.actions(bob, *numbered(1, 1))) == (0, 2)


def test_a_row_that_comes_twice_with_other_content_is_refused(
    playing: Runner, bob: str, stored: Read
) -> None:
    answer = playing.actions(bob, *numbered(0, 1, 2), action(seq=1, latencyMs=7))

    assert refusal(answer) == (422, ["actions.3.seq"])
    assert stored(COUNT) == [(0,)]


@pytest.mark.parametrize("rows", [[action(seq=1), action()], [action(), action(seq=1)]])
def test_all_rows_have_numbers_or_none(
    playing: Runner, bob: str, stored: Read, rows: list[Row]
) -> None:
    assert refusal(playing.actions(bob, *rows)) == (422, ["actions.1.seq"])
    assert stored(COUNT) == [(0,)]


def test_of_a_module_named_twice_the_first_counts(playing: Runner, bob: str, stored: Read) -> None:
    answer = playing.feedback(bob, rating(stars=2), rating(stars=5), rating("notes"), rating())

    assert counts(answer) == (2, 2)
    assert stored("SELECT module, rating FROM persona_feedback ORDER BY module") == [
        ("notes", 4),
        ("todo", 2),
    ]
    assert counts(playing.feedback(bob, rating(stars=2), rating(stars=3))) == (0, 2)


@pytest.mark.parametrize("said", [{"rating": 5}, {"notes": ""}, {"notes": "Good."}])
def test_a_module_rated_otherwise_by_a_later_request_is_a_conflict(
    playing: Runner, bob: str, stored: Read, said: Row
) -> None:
    counts(playing.feedback(bob, rating()))
    before = stored("SELECT * FROM persona_feedback")

    clash = playing.feedback(bob, rating("notes"), rating(**said))

    assert refusal(clash) == (409, ["feedback.1"])
    assert stored("SELECT * FROM persona_feedback") == before
    assert counts(playing.feedback(bob, rating("notes"), rating())) == (1, 1)
