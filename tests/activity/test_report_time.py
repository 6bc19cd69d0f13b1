"""When reported things occurred, whose they are, and what becomes of a model's words (contract,
section 4)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from personas.database.types import new_id
from personas.http.fields import NIL_ID
from tests.activity.conftest import Read
from tests.activity.runner import Runner, action, counts, numbered, rating, refusal, wire
from tests.people import Account, Clock

COUNT = "SELECT count(*) FROM persona_actions"


def last_active(seen: Read, persona_id: str) -> str | None:
    found: str | None = seen(persona_id)["persona"]["lastActiveAt"]
    return found


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
