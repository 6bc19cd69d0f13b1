"""Who is due, and what is told of the turns: in order, and right to the row."""

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


def test_the_due_ones_come_in_their_order_and_shape(
    playing: Runner, create_persona: CreatePersona, stopped_clock: Clock
) -> None:
    now = stopped_clock.at
    cadences = ["hourly", "daily", "hourly", "daily", "hourly", "daily"]
    never1, never2, hour, day, busy, awake = [
        create_persona(f"persona.p{number}@mana.test", name="P", tick_cadence=cadence).id
        for number, cadence in enumerate(cadences)
    ]
    for persona, idle in ((hour, HOUR), (day, DAY), (busy, HOUR - TICK), (awake, DAY - TICK)):
        counts(playing.actions(persona, action(occurredAt=wire(now - idle))))
    said = playing.due()

    assert [one["userId"] for one in said["personas"]] == [never1, never2, day, hour]
    assert said["serverTime"] == wire(now)
    assert said["personas"][2] == {
        "userId": day,
        "email": "persona.p3@mana.test",
        "archetype": "solo-dev",
        "systemPrompt": PROMPT,
        "moduleMix": {"todo": 1},
        "tickCadence": "daily",
        "lastActiveAt": wire(now - DAY),
    }
    assert said["personas"][0]["lastActiveAt"] is None


def test_weekdays_are_those_of_the_service_s_zone(
    make_app: CreateApp,
    as_runner: dict[str, str],
    create_persona: CreatePersona,
    stopped_clock: Clock,
) -> None:
    bob = create_persona(tick_cadence="weekdays").id
    far = make_app(timezone="Pacific/Kiritimati").test_client()
    stopped_clock.at = datetime.fromisoformat("2026-11-22T10:00:00Z")  # Monday there

    there = Runner(far, as_runner).due()
    here = Runner(make_app().test_client(), as_runner).due()

    assert [one["userId"] for one in there["personas"]] == [bob]
    assert here["personas"] == []


def week(rows: list[Row], now: datetime) -> int:
    """How many of the rows occurred in the last 7 × 24 hours."""
    return sum(datetime.fromisoformat(row["occurredAt"]) >= now - WEEK for row in rows)


def test_the_actions_of_a_week_are_counted_to_the_row(
    playing: Runner, bob: str, kim: str, seen: Read, stopped_clock: Clock
) -> None:
    stopped_clock.move(minutes=17, seconds=5)
    start = stopped_clock.at
    edges = [start - WEEK, start - WEEK + HOUR, start - WEEK + DAY, start - DAY, start]
    for round_ in (HOUR, DAY):  # the whole hours and days around each
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
    counts(playing.actions(bob, *rows))
    counts(playing.actions(kim, action(occurredAt=wire(start - WEEK - TICK))))

    for moved in (0, 1e-6, 1, 43 * 60, 3600, 3600 * 7, 86400, 86400 * 6, 86400 * 7, 86400 * 20):
        stopped_clock.at = start + timedelta(seconds=moved)
        expected = week(rows, stopped_clock.at)
        listed = {one["userId"]: one["actions7d"] for one in seen()["personas"]}
        assert listed == {bob: expected, kim: 0}, f"after {moved} s"
        assert seen(bob)["persona"]["actions7d"] == expected


def test_of_many_personas_each_has_its_own_count(
    playing: Runner, create_persona: CreatePersona, seen: Read
) -> None:
    made = [create_persona(f"persona.p{number}@mana.test", name="P").id for number in range(103)]
    for number, persona in enumerate(made[:5]):
        counts(playing.actions(persona, *[action()] * (number + 1)))

    listed = {one["userId"]: one["actions7d"] for one in seen()["personas"]}

    assert listed == dict.fromkeys(made, 0) | {
        persona: number + 1 for number, persona in enumerate(made[:5])
    }


def test_the_newest_twenty_come_by_time_then_by_number_or_position(
    playing: Runner, bob: str, seen: Read, stopped_clock: Clock
) -> None:
    then = stopped_clock.at - HOUR
    whole = action(
        seq=2**31 - 1,
        toolName="mcp__mana__todo_create",
        inputHash="9f86",
        result="error",
        errorMessage="No.",
        latencyMs=12,
        occurredAt=wire(then + TICK),
    )
    same_time = [action(seq=seq, occurredAt=wire(then)) for seq in (5, 1, 30, 2)]
    counts(playing.actions(bob, *same_time, whole))
    counts(playing.actions(bob, *[action(tickId="next", latencyMs=n) for n in range(18)]))
    stopped_clock.move(seconds=-1)
    counts(playing.actions(bob, action(tickId="last", toolName="__turn")))

    recent = seen(bob)["recentActions"]

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
    assert recent[19] == {"tickId": "tick", "module": "todo", **whole}


def test_of_one_moment_the_highest_number_comes_first(
    playing: Runner, bob: str, seen: Read, stopped_clock: Clock
) -> None:
    then = wire(stopped_clock.at)
    rows = [action(seq=seq, occurredAt=then) for seq in (9, 10, 2, 100, *range(200, 240, 2))]
    counts(playing.actions(bob, *rows))

    assert [row["seq"] for row in seen(bob)["recentActions"]] == [*range(238, 198, -2)]


def test_ratings_are_told_by_module_without_the_runner_s_own(
    playing: Runner, bob: str, kim: str, seen: Read, stopped_clock: Clock
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
        counts(playing.feedback(bob, rating(module, stars, tickId=str(tick), occurredAt=wire(at))))
    counts(playing.feedback(kim, rating("todo", 1)))

    assert seen(bob)["feedbackByModule"] == [
        {
            "module": module,
            "avgRating": round(sum(stars for _, stars in found) / len(found), 2),
            "ratings": len(found),
            "lastRating": max(found)[1],
            "lastAt": wire(max(found)[0]),
        }
        for module, found in sorted(by_module.items())
        if not module.startswith("__")
    ]


def test_a_new_persona_has_done_nothing_yet(bob: str, seen: Read) -> None:
    said = seen(bob)

    assert said["recentActions"] == []
    assert said["feedbackByModule"] == []
    assert said["persona"]["actions7d"] == 0
    assert said["persona"]["lastActiveAt"] is None
