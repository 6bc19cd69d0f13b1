"""Random turns of two personas, as rows of the database and as the plain facts that they state."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from personas.activity.models import ActionDay, FeedbackDay, PersonaAction, PersonaFeedback
from personas.database.types import Base

FIRST = date(2026, 12, 14)  # a Monday; the days go on into 2027, over a week 53
DAYS = 35
PRUNED = date(2026, 12, 23)  # until this day, which is pruned by half, rows may be sums
TOOLS = (
    "todo.create",
    "todo_list",
    "mcp__mana__todo_create",
    "journal.write",
    "search",
    ".odd",
    "__turn",
    "__tick.start",
)
MODULES = ("todo", "journal", "mood", "Zoo", "__turn")
TIMES = (time.min, time.max, time(12, 30), time(23, 59, 59, 999_500))


@dataclass(frozen=True)
class Call:
    persona: str
    day: date
    tool: str
    is_error: bool
    latency: int | None
    input_hash: str | None
    is_pruned: bool


@dataclass(frozen=True)
class Rating:
    persona: str
    day: date
    module: str
    rating: int
    is_pruned: bool


@dataclass(frozen=True)
class Turns:
    """What was done and thought, and the rows that are stored of it."""

    calls: list[Call]
    ratings: list[Rating]
    rows: list[Base]


def turns(seed: int, personas: Iterable[str]) -> Turns:
    """600 calls and 300 ratings; the same for the same seed."""
    chance = random.Random(seed)
    ids = list(personas)
    found = Turns([], [], [])
    for number in range(900):
        day = FIRST + timedelta(days=chance.randrange(DAYS))
        is_pruned = day < PRUNED or (day == PRUNED and chance.random() < 0.5)
        at = datetime.combine(day, chance.choice(TIMES), UTC)
        if number % 3:
            _call(found, chance, chance.choice(ids), at, number, is_pruned)
        else:
            _rating(found, chance, chance.choice(ids), at, number, is_pruned)
    found.rows.extend([*_action_days(found.calls), *_feedback_days(found.ratings)])
    return found


def _call(
    found: Turns, chance: random.Random, persona: str, at: datetime, number: int, is_pruned: bool
) -> None:
    call = Call(
        persona,
        at.date(),
        chance.choice(TOOLS),
        chance.random() < 0.2,
        chance.choice((None, 0, 1, 1, chance.randrange(2**31))),
        chance.choice((None, "a", "b", str(chance.randrange(9)))),
        is_pruned,
    )
    found.calls.append(call)
    if not is_pruned:
        row = PersonaAction(
            persona_id=persona,
            tick_id=f"tick {number}",
            seq=number,
            tool_name=call.tool,
            result="error" if call.is_error else "ok",
            latency_ms=call.latency,
            input_hash=call.input_hash,
            occurred_at=at,
        )
        found.rows.append(row)


def _rating(
    found: Turns, chance: random.Random, persona: str, at: datetime, number: int, is_pruned: bool
) -> None:
    rating = Rating(
        persona, at.date(), chance.choice(MODULES), chance.choice((1, 2, 4, 5, 5)), is_pruned
    )
    found.ratings.append(rating)
    if not is_pruned:
        row = PersonaFeedback(
            persona_id=persona,
            tick_id=f"tick {number}",
            module=rating.module,
            rating=rating.rating,
            occurred_at=at,
        )
        found.rows.append(row)


def _action_days(calls: Iterable[Call]) -> list[ActionDay]:
    pruned = [call for call in calls if call.is_pruned]
    every = Counter((call.persona, call.day, call.tool) for call in pruned)
    errors = Counter((call.persona, call.day, call.tool) for call in pruned if call.is_error)
    return [
        ActionDay(
            persona_id=key[0], day=key[1], tool_name=key[2], actions=actions, errors=errors[key]
        )
        for key, actions in every.items()
    ]


def _feedback_days(ratings: Iterable[Rating]) -> list[FeedbackDay]:
    pruned = [rating for rating in ratings if rating.is_pruned]
    every = Counter((each.persona, each.day, each.module, each.rating) for each in pruned)
    return [
        FeedbackDay(
            persona_id=persona,
            day=day,
            module=module,
            last_rating=1,
            last_at=datetime.combine(day, time.max, UTC),
            **{f"rated_{rating}": every[persona, day, module, rating] for rating in range(1, 6)},
        )
        for persona, day, module in {key[:3] for key in every}
    ]


def among(first: date, last: date, persona: str | None) -> Callable[[Call | Rating], bool]:
    """Whether it is of these days, and of this persona or anyone."""
    return lambda each: first <= each.day <= last and persona in (None, each.persona)
