"""What is added of what the runner reports: all or nothing, and safe to repeat (contract,
section 4)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from personas.db import new_id
from personas.fields import NIL_ID
from tests.activity.conftest import Read
from tests.activity.runner import Row, Runner, action, counts, numbered, rating, refusal
from tests.people import Account, Clock

SEQS = "SELECT seq FROM persona_actions ORDER BY tick_id, seq"
COUNT = "SELECT count(*) FROM persona_actions"


def wire(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def last_active(seen: Read, persona_id: str) -> str | None:
    found: str | None = seen(persona_id)["persona"]["lastActiveAt"]
    return found


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


@pytest.mark.parametrize(
    ("off", "is_taken"),
    [
        ({"minutes": 5}, True),
        ({"minutes": 5, "microseconds": 1}, False),
        ({"days": -30}, True),
        ({"days": -30, "microseconds": -1}, False),
    ],
)
def test_a_row_is_at_most_5_minutes_ahead_and_30_days_back(
    playing: Runner,
    bob: str,
    stored: Read,
    stopped_clock: Clock,
    off: dict[str, float],
    is_taken: bool,
) -> None:
    when = wire(stopped_clock.at + timedelta(**off))
    acted = playing.actions(bob, action(), action(occurredAt=when))
    rated = playing.feedback(bob, rating(occurredAt=when))

    if is_taken:
        assert counts(acted) == (2, 0)
        assert counts(rated) == (1, 0)
    else:
        assert refusal(acted) == (422, ["actions.1.occurredAt"])
        assert refusal(rated) == (422, ["feedback.0.occurredAt"])
        assert stored(COUNT) == [(0,)]


def test_what_is_stored_is_known_whatever_its_age(
    playing: Runner, bob: str, stored: Read, stopped_clock: Clock
) -> None:
    when = wire(stopped_clock.at)
    rows = numbered(0, 1, occurredAt=when)
    counts(playing.actions(bob, *rows))
    counts(playing.actions(bob, action(occurredAt=when)))
    counts(playing.feedback(bob, rating(occurredAt=when)))
    stopped_clock.move(days=31)
    late = numbered(2, occurredAt=when)

    assert counts(playing.actions(bob, *rows)) == (0, 2)
    assert counts(playing.actions(bob, *rows, action(seq=3))) == (1, 2)
    assert counts(playing.actions(bob, action(occurredAt=when))) == (0, 1)
    assert counts(playing.feedback(bob, rating(occurredAt=when))) == (0, 1)
    assert refusal(playing.actions(bob, *rows, *late)) == (422, ["actions.2.occurredAt"])
    assert stored(COUNT) == [(4,)]


def test_age_is_judged_last(playing: Runner, bob: str, ann: Account, stopped_clock: Clock) -> None:
    late = wire(stopped_clock.at - timedelta(days=31))
    counts(playing.actions(bob, action(seq=0)))
    counts(playing.feedback(bob, rating()))
    new = action(seq=1, occurredAt=late)

    for somebody in (ann.id, NIL_ID, new_id()):
        assert refusal(playing.actions(somebody, new)) == (404, [])
    assert refusal(playing.actions(bob, new, action(seq=0, latencyMs=1))) == (409, ["actions.1"])
    assert refusal(playing.actions(bob, action(seq=0, occurredAt=late))) == (409, ["actions.0"])
    assert refusal(playing.actions(bob, new, action(seq=1))) == (422, ["actions.1.seq"])
    clash = playing.feedback(bob, rating("notes", occurredAt=late), rating(stars=1))
    assert refusal(clash) == (409, ["feedback.1"])


def test_a_late_double_of_a_timely_row_is_only_a_duplicate(
    playing: Runner, bob: str, stopped_clock: Clock
) -> None:
    late = wire(stopped_clock.at - timedelta(days=31))

    assert counts(playing.feedback(bob, rating(), rating(occurredAt=late))) == (1, 1)


def test_only_new_rows_move_the_last_activity_and_never_back(
    playing: Runner, bob: str, seen: Read, stopped_clock: Clock
) -> None:
    start = stopped_clock.at
    hour = timedelta(hours=1)

    def said() -> datetime | None:
        text = last_active(seen, bob)
        return datetime.fromisoformat(text) if text else None

    assert said() is None
    counts(playing.actions(bob, action(seq=0, occurredAt=wire(start - 3 * hour))))
    assert said() == start - 3 * hour
    older, newer = (wire(start - back * hour) for back in (5, 2))
    counts(playing.actions(bob, *numbered(1, occurredAt=newer), *numbered(2, occurredAt=older)))
    assert said() == start - 2 * hour  # the newest, not the last
    counts(playing.actions(bob, action(seq=3, occurredAt=older)))
    assert said() == start - 2 * hour
    counts(playing.feedback(bob, rating()))
    assert said() == start  # its arrival
    stopped_clock.move(hours=2)
    counts(playing.feedback(bob, rating()))
    counts(playing.actions(bob, action(seq=3, occurredAt=older)))
    assert said() == start
    refusal(playing.actions(bob, action(seq=3), action(seq=9)))
    assert said() == start
    stopped_clock.move(hours=-4)
    counts(playing.actions(bob, action(seq=4)))
    assert said() == start
    counts(playing.actions(bob, action(seq=5, occurredAt=wire(stopped_clock.at + hour / 12))))
    assert said() == start


def test_a_clock_a_little_ahead_is_believed(
    playing: Runner, bob: str, seen: Read, stopped_clock: Clock
) -> None:
    ahead = wire(stopped_clock.at + timedelta(minutes=5))
    counts(playing.actions(bob, action(occurredAt=ahead), action()))

    assert last_active(seen, bob) == ahead
    assert seen(bob)["persona"]["actions7d"] == 2


def test_a_persona_whose_turn_failed_is_not_due_again_at_once(playing: Runner, bob: str) -> None:
    assert [one["userId"] for one in playing.due()["personas"]] == [bob]

    counts(playing.actions(bob, action(toolName="__turn", result="error", errorMessage="No.")))

    assert playing.due()["personas"] == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("x" * 2000, "x" * 2000),
        ("🔑" * 3000, "🔑" * 2000),
        ("a\0b", "a\ufffdb"),
        ("\udfff\ud800", "\ufffd\ufffd"),
        ("=HYPERLINK('a')\n\x1b[31m<script>", "=HYPERLINK('a')\n\x1b[31m<script>"),
        ("", ""),
    ],
)
def test_a_model_s_words_are_cut_and_mended_never_refused(
    playing: Runner, bob: str, seen: Read, stored: Read, sent: str, kept: str
) -> None:
    counts(playing.actions(bob, action(result="error", errorMessage=sent)))
    counts(playing.feedback(bob, rating(notes=sent)))

    assert seen(bob)["recentActions"][0]["errorMessage"] == kept
    assert stored("SELECT notes FROM persona_feedback") == [(kept,)]


def test_a_hash_of_no_characters_is_none(playing: Runner, bob: str, seen: Read) -> None:
    # beside a row that takes the slow way as well as alone
    counts(playing.actions(bob, action(inputHash="")))
    counts(playing.actions(bob, action(inputHash=""), action(errorMessage="\ud800")))

    assert [row["inputHash"] for row in seen(bob)["recentActions"]] == [None] * 3


def test_a_batch_is_written_whole_or_not_at_all(
    playing: Runner, bob: str, seen: Read, stored: Read
) -> None:
    rows = numbered(*range(500))
    bad = [*rows[:499], action(seq=499, latencyMs=-1)]

    assert refusal(playing.actions(bob, *bad)) == (422, ["actions.499.latencyMs"])
    assert stored(COUNT) == [(0,)]
    assert last_active(seen, bob) is None
    assert counts(playing.actions(bob, *rows)) == (500, 0)


@pytest.mark.parametrize("name", ["actions", "feedback"])
def test_only_a_persona_has_turns(
    playing: Runner, ann: Account, admin: Account, stored: Read, name: str
) -> None:
    row: dict[str, Any] = {"actions": action(), "feedback": rating()}[name]
    somebody = (ann.id, admin.id, NIL_ID, new_id(), "x", ann.id.upper())

    for someone in somebody:
        assert refusal(playing.post(someone, name, [row])) == (404, [])
    assert stored(COUNT) == [(0,)]


def test_a_deleted_persona_takes_its_rows_along(
    playing: Runner,
    bob: str,
    kim: str,
    admin: Account,
    stored: Read,
    create_persona: Callable[..., Account],
) -> None:
    for persona in (bob, kim):
        counts(playing.actions(persona, *numbered(0, 1)))
        counts(playing.feedback(persona, rating()))

    gone = playing.client.delete(f"/api/v1/admin/personas/{bob}", headers=admin.headers)

    assert gone.status_code == 200
    for table in ("persona_actions", "persona_feedback", "action_counts"):
        assert {row[0] for row in stored(f"SELECT persona_id FROM {table}")} == {kim}
    assert refusal(playing.actions(bob, action())) == (404, [])
    anew = create_persona("persona.bob@mana.test", name="Bob").id
    assert counts(playing.actions(anew, *numbered(0, 1))) == (2, 0)
