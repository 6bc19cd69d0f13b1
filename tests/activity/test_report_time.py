"""When reported rows occurred, which persona they belong to, and how a model's text is stored
(contract, section 4)."""

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


def last_active(admin_view: Read, persona_id: str) -> str | None:
    text: str | None = admin_view(persona_id)["persona"]["lastActiveAt"]
    return text


@pytest.mark.parametrize(
    ("offset", "is_accepted"),
    [
        ({"minutes": 5}, True),
        ({"minutes": 5, "microseconds": 1}, False),
        ({"days": -30}, True),
        ({"days": -30, "microseconds": -1}, False),
    ],
)
def test_a_row_is_at_most_5_minutes_ahead_and_30_days_back(
    persona_runner: Runner,
    bob: str,
    stored: Read,
    stopped_clock: Clock,
    offset: dict[str, float],
    is_accepted: bool,
) -> None:
    when = wire(stopped_clock.at + timedelta(**offset))
    acted = persona_runner.actions(bob, action(), action(occurredAt=when))
    rated = persona_runner.feedback(bob, rating(occurredAt=when))

    if is_accepted:
        assert counts(acted) == (2, 0)
        assert counts(rated) == (1, 0)
    else:
        assert refusal(acted) == (422, ["actions.1.occurredAt"])
        assert refusal(rated) == (422, ["feedback.0.occurredAt"])
        assert stored(COUNT) == [(0,)]


def test_stored_row_is_a_duplicate_at_any_age(
    persona_runner: Runner, bob: str, stored: Read, stopped_clock: Clock
) -> None:
    when = wire(stopped_clock.at)
    rows = numbered(0, 1, occurredAt=when)
    counts(persona_runner.actions(bob, *rows))
    counts(persona_runner.actions(bob, action(occurredAt=when)))
    counts(persona_runner.feedback(bob, rating(occurredAt=when)))
    stopped_clock.move(days=31)
    late = numbered(2, occurredAt=when)

    assert counts(persona_runner.actions(bob, *rows)) == (0, 2)
    assert counts(persona_runner.actions(bob, *rows, action(seq=3))) == (1, 2)
    assert counts(persona_runner.actions(bob, action(occurredAt=when))) == (0, 1)
    assert counts(persona_runner.feedback(bob, rating(occurredAt=when))) == (0, 1)
    assert refusal(persona_runner.actions(bob, *rows, *late)) == (422, ["actions.2.occurredAt"])
    assert stored(COUNT) == [(4,)]


def test_age_of_a_row_is_checked_last(
    persona_runner: Runner, bob: str, ann: Account, stopped_clock: Clock
) -> None:
    late = wire(stopped_clock.at - timedelta(days=31))
    counts(persona_runner.actions(bob, action(seq=0)))
    counts(persona_runner.feedback(bob, rating()))
    new = action(seq=1, occurredAt=late)

    for persona_id in (ann.id, NIL_ID, new_id()):
        assert refusal(persona_runner.actions(persona_id, new)) == (404, [])
    assert refusal(persona_runner.actions(bob, new, action(seq=0, latencyMs=1))) == (
        409,
        ["actions.1"],
    )
    assert refusal(persona_runner.actions(bob, action(seq=0, occurredAt=late))) == (
        409,
        ["actions.0"],
    )
    assert refusal(persona_runner.actions(bob, new, action(seq=1))) == (422, ["actions.1.seq"])
    clash = persona_runner.feedback(bob, rating("notes", occurredAt=late), rating(stars=1))
    assert refusal(clash) == (409, ["feedback.1"])


def test_repeated_row_that_is_too_old_is_only_a_duplicate(
    persona_runner: Runner, bob: str, stopped_clock: Clock
) -> None:
    late = wire(stopped_clock.at - timedelta(days=31))

    assert counts(persona_runner.feedback(bob, rating(), rating(occurredAt=late))) == (1, 1)


def test_only_new_rows_move_last_activity_and_only_forward(
    persona_runner: Runner, bob: str, admin_view: Read, stopped_clock: Clock
) -> None:
    start = stopped_clock.at
    hour = timedelta(hours=1)

    def last_activity() -> datetime | None:
        text = last_active(admin_view, bob)
        return datetime.fromisoformat(text) if text else None

    assert last_activity() is None
    counts(persona_runner.actions(bob, action(seq=0, occurredAt=wire(start - 3 * hour))))
    assert last_activity() == start - 3 * hour
    older, newer = (wire(start - back * hour) for back in (5, 2))
    counts(
        persona_runner.actions(bob, *numbered(1, occurredAt=newer), *numbered(2, occurredAt=older))
    )
    assert last_activity() == start - 2 * hour  # the newest time, not the last row
    counts(persona_runner.actions(bob, action(seq=3, occurredAt=older)))
    assert last_activity() == start - 2 * hour
    counts(persona_runner.feedback(bob, rating()))
    assert last_activity() == start  # the time of arrival
    stopped_clock.move(hours=2)
    counts(persona_runner.feedback(bob, rating()))
    counts(persona_runner.actions(bob, action(seq=3, occurredAt=older)))
    assert last_activity() == start
    refusal(persona_runner.actions(bob, action(seq=3), action(seq=9)))
    assert last_activity() == start
    stopped_clock.move(hours=-4)
    counts(persona_runner.actions(bob, action(seq=4)))
    assert last_activity() == start
    counts(
        persona_runner.actions(bob, action(seq=5, occurredAt=wire(stopped_clock.at + hour / 12)))
    )
    assert last_activity() == start


def test_time_slightly_in_the_future_is_accepted(
    persona_runner: Runner, bob: str, admin_view: Read, stopped_clock: Clock
) -> None:
    ahead = wire(stopped_clock.at + timedelta(minutes=5))
    counts(persona_runner.actions(bob, action(occurredAt=ahead), action()))

    assert last_active(admin_view, bob) == ahead
    assert admin_view(bob)["persona"]["actions7d"] == 2


def test_persona_is_not_due_right_after_a_failed_turn(persona_runner: Runner, bob: str) -> None:
    assert [persona["userId"] for persona in persona_runner.due()["personas"]] == [bob]

    counts(
        persona_runner.actions(bob, action(toolName="__turn", result="error", errorMessage="No."))
    )

    assert persona_runner.due()["personas"] == []


@pytest.mark.parametrize(
    ("sent", "stored_text"),
    [
        ("x" * 2000, "x" * 2000),
        ("🔑" * 3000, "🔑" * 2000),
        ("a\0b", "a\ufffdb"),
        ("\udfff\ud800", "\ufffd\ufffd"),
        ("=HYPERLINK('a')\n\x1b[31m<script>", "=HYPERLINK('a')\n\x1b[31m<script>"),
        ("", ""),
    ],
)
def test_model_text_is_cut_and_repaired_but_never_refused(
    persona_runner: Runner, bob: str, admin_view: Read, stored: Read, sent: str, stored_text: str
) -> None:
    counts(persona_runner.actions(bob, action(result="error", errorMessage=sent)))
    counts(persona_runner.feedback(bob, rating(notes=sent)))

    assert admin_view(bob)["recentActions"][0]["errorMessage"] == stored_text
    assert stored("SELECT notes FROM persona_feedback") == [(stored_text,)]


def test_empty_input_hash_is_stored_as_null(
    persona_runner: Runner, bob: str, admin_view: Read
) -> None:
    # alone, and beside a row that is read by marshmallow
    counts(persona_runner.actions(bob, action(inputHash="")))
    counts(persona_runner.actions(bob, action(inputHash=""), action(errorMessage="\ud800")))

    assert [row["inputHash"] for row in admin_view(bob)["recentActions"]] == [None] * 3


def test_a_batch_is_written_whole_or_not_at_all(
    persona_runner: Runner, bob: str, admin_view: Read, stored: Read
) -> None:
    rows = numbered(*range(500))
    bad = [*rows[:499], action(seq=499, latencyMs=-1)]

    assert refusal(persona_runner.actions(bob, *bad)) == (422, ["actions.499.latencyMs"])
    assert stored(COUNT) == [(0,)]
    assert last_active(admin_view, bob) is None
    assert counts(persona_runner.actions(bob, *rows)) == (500, 0)


@pytest.mark.parametrize("name", ["actions", "feedback"])
def test_rows_of_an_account_that_is_no_persona_are_refused(
    persona_runner: Runner, ann: Account, admin: Account, stored: Read, name: str
) -> None:
    row: dict[str, Any] = {"actions": action(), "feedback": rating()}[name]
    account_ids = (ann.id, admin.id, NIL_ID, new_id(), "x", ann.id.upper())

    for account_id in account_ids:
        assert refusal(persona_runner.post(account_id, name, [row])) == (404, [])
    assert stored(COUNT) == [(0,)]


def test_deleting_a_persona_deletes_its_rows(
    persona_runner: Runner,
    bob: str,
    kim: str,
    admin: Account,
    stored: Read,
    create_persona: Callable[..., Account],
) -> None:
    for persona in (bob, kim):
        counts(persona_runner.actions(persona, *numbered(0, 1)))
        counts(persona_runner.feedback(persona, rating()))

    deleted = persona_runner.client.delete(f"/api/v1/admin/personas/{bob}", headers=admin.headers)

    assert deleted.status_code == 200
    for table in ("persona_actions", "persona_feedback", "action_counts"):
        assert {row[0] for row in stored(f"SELECT persona_id FROM {table}")} == {kim}
    assert refusal(persona_runner.actions(bob, action())) == (404, [])
    bob_again = create_persona("persona.bob@mana.test", name="Bob").id
    assert counts(persona_runner.actions(bob_again, *numbered(0, 1))) == (2, 0)
