"""Which personas are due, and what an admin reads of their turns."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.activity.conftest import Read
from tests.activity.runner import Row, Runner, action, counts, rating, wire
from tests.conftest import CreateApp
from tests.people import PROMPT, Account, Clock

WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)
TICK = timedelta(microseconds=1)
CreatePersona = Callable[..., Account]


def test_due_personas_are_listed_in_order(
    persona_runner: Runner, create_persona: CreatePersona, stopped_clock: Clock
) -> None:
    now = stopped_clock.at
    cadences = ["hourly", "daily", "hourly", "daily", "hourly", "daily"]
    never1, never2, hour, day, busy, awake = [
        create_persona(f"persona.p{number}@mana.test", name="P", tick_cadence=cadence).id
        for number, cadence in enumerate(cadences)
    ]
    for persona_id, idle in ((hour, HOUR), (day, DAY), (busy, HOUR - TICK), (awake, DAY - TICK)):
        counts(persona_runner.actions(persona_id, action(occurredAt=wire(now - idle))))
    due = persona_runner.due()

    assert [persona["userId"] for persona in due["personas"]] == [never1, never2, day, hour]
    assert due["serverTime"] == wire(now)
    assert due["personas"][2] == {
        "userId": day,
        "email": "persona.p3@mana.test",
        "archetype": "solo-dev",
        "systemPrompt": PROMPT,
        "moduleMix": {"todo": 1},
        "tickCadence": "daily",
        "lastActiveAt": wire(now - DAY),
    }
    assert due["personas"][0]["lastActiveAt"] is None


def test_weekdays_follow_the_timezone_of_the_service(
    make_app: CreateApp,
    as_runner: dict[str, str],
    create_persona: CreatePersona,
    stopped_clock: Clock,
) -> None:
    bob = create_persona(tick_cadence="weekdays").id
    remote_app = make_app(timezone="Pacific/Kiritimati").test_client()
    stopped_clock.at = datetime.fromisoformat("2026-11-22T10:00:00Z")  # Monday there

    there = Runner(remote_app, as_runner).due()
    here = Runner(make_app().test_client(), as_runner).due()

    assert [persona["userId"] for persona in there["personas"]] == [bob]
    assert here["personas"] == []


def count_last_week(rows: list[Row], now: datetime) -> int:
    """How many of the rows occurred in the last 7 × 24 hours."""
    return sum(datetime.fromisoformat(row["occurredAt"]) >= now - WEEK for row in rows)


def test_actions_of_the_last_seven_days_are_counted_exactly(
    persona_runner: Runner, bob: str, kim: str, admin_view: Read, stopped_clock: Clock
) -> None:
    stopped_clock.move(minutes=17, seconds=5)
    start = stopped_clock.at
    edges = [start - WEEK, start - WEEK + HOUR, start - WEEK + DAY, start - DAY, start]
    for round_ in (HOUR, DAY):  # the full hours and days around each edge
        edges += [
            edge - (edge - edge.replace(hour=0, minute=0, second=0)) % round_ for edge in edges
        ]
    rows = [
        action(seq=seq, occurredAt=wire(min(edge + near, start)), toolName=tool)
        for seq, (edge, near, tool) in enumerate(
            (edge, near, tool)
            for edge in edges
            for near in (-TICK, timedelta(0), TICK)
            for tool in ("todo.create", "__turn")
        )
    ]
    counts(persona_runner.actions(bob, *rows))
    counts(persona_runner.actions(kim, action(occurredAt=wire(start - WEEK - TICK))))

    for moved in (0, 1e-6, 1, 43 * 60, 3600, 3600 * 7, 86400, 86400 * 6, 86400 * 7, 86400 * 20):
        stopped_clock.at = start + timedelta(seconds=moved)
        expected = count_last_week(rows, stopped_clock.at)
        listed = {persona["userId"]: persona["actions7d"] for persona in admin_view()["personas"]}
        assert listed == {bob: expected, kim: 0}, f"after {moved} s"
        assert admin_view(bob)["persona"]["actions7d"] == expected


def test_each_of_many_personas_has_its_own_count(
    persona_runner: Runner, create_persona: CreatePersona, admin_view: Read
) -> None:
    persona_ids = [
        create_persona(f"persona.p{number}@mana.test", name="P").id for number in range(103)
    ]
    for number, persona in enumerate(persona_ids[:5]):
        counts(persona_runner.actions(persona, *[action()] * (number + 1)))

    listed = {row["userId"]: row["actions7d"] for row in admin_view()["personas"]}

    assert listed == dict.fromkeys(persona_ids, 0) | {
        persona: number + 1 for number, persona in enumerate(persona_ids[:5])
    }


def test_newest_twenty_actions_are_sorted_by_time_then_number(
    persona_runner: Runner, bob: str, admin_view: Read, stopped_clock: Clock
) -> None:
    then = stopped_clock.at - HOUR
    complete = action(
        seq=2**31 - 1,
        toolName="mcp__mana__todo_create",
        inputHash="9f86",
        result="error",
        errorMessage="No.",
        latencyMs=12,
        occurredAt=wire(then + TICK),
    )
    same_time = [action(seq=seq, occurredAt=wire(then)) for seq in (5, 1, 30, 2)]
    counts(persona_runner.actions(bob, *same_time, complete))
    counts(persona_runner.actions(bob, *[action(tickId="next", latencyMs=n) for n in range(18)]))
    stopped_clock.move(seconds=-1)
    counts(persona_runner.actions(bob, action(tickId="last", toolName="__turn")))

    recent = admin_view(bob)["recentActions"]

    assert len(recent) == 20
    assert [row["latencyMs"] for row in recent[:18]] == list(range(17, -1, -1))
    assert {row["seq"] for row in recent[:18]} == {None}
    assert recent[18] == {
        "tickId": "last",
        "seq": None,
        "toolName": "__turn",
        "module": "__turn",
        "inputHash": None,
        "result": "ok",
        "errorMessage": None,
        "latencyMs": None,
        "occurredAt": wire(stopped_clock.at),
    }
    assert recent[19] == {"tickId": "tick", "module": "todo", **complete}


def test_actions_of_the_same_time_start_with_the_highest_number(
    persona_runner: Runner, bob: str, admin_view: Read, stopped_clock: Clock
) -> None:
    then = wire(stopped_clock.at)
    rows = [action(seq=seq, occurredAt=then) for seq in (9, 10, 2, 100, *range(200, 240, 2))]
    counts(persona_runner.actions(bob, *rows))

    assert [row["seq"] for row in admin_view(bob)["recentActions"]] == [*range(238, 198, -2)]


def test_ratings_are_grouped_by_module_without_runner_markers(
    persona_runner: Runner, bob: str, kim: str, admin_view: Read, stopped_clock: Clock
) -> None:
    now = stopped_clock.at
    given = [
        ("todo", 5, 3), ("todo", 2, 1), ("todo", 4, 2), ("notes", 1, 5), ("Notes", 3, 5),
        ("__turn", 1, 1), ("__", 1, 1), ("_todo", 2, 1), ("ärger", 5, 0), ("todo", 4, 700),
        ("a b", 1, 1),
    ]  # fmt: skip
    by_module: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for tick, (module, stars, hours) in enumerate(given):
        at = now - hours * HOUR
        by_module[module].append((at, stars))
        counts(
            persona_runner.feedback(
                bob, rating(module, stars, tickId=str(tick), occurredAt=wire(at))
            )
        )
    counts(persona_runner.feedback(kim, rating("todo", 1)))

    assert admin_view(bob)["feedbackByModule"] == [
        {
            "module": module,
            "avgRating": round(sum(stars for _, stars in rated) / len(rated), 2),
            "ratings": len(rated),
            "lastRating": max(rated)[1],
            "lastAt": wire(max(rated)[0]),
        }
        for module, rated in sorted(by_module.items())
        if not module.startswith("__")
    ]


def test_new_persona_has_no_activity(bob: str, admin_view: Read) -> None:
    view = admin_view(bob)

    assert view["recentActions"] == []
    assert view["feedbackByModule"] == []
    assert view["persona"]["actions7d"] == 0
    assert view["persona"]["lastActiveAt"] is None
