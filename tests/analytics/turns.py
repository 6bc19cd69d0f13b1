"""Random turns of personas, as rows of the database and as plain objects."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from personas.activity.models import ActionDay, FeedbackDay, PersonaAction, PersonaFeedback
from personas.database.types import Base

FIRST = date(2026, 12, 14)  # a Monday; the days continue into 2027, across a week 53
DAYS = 35
PRUNED = date(2026, 12, 23)  # days before are pruned, this one by half: sums replace rows
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
    """Calls and ratings, and the rows that store them."""

    calls: list[Call]
    ratings: list[Rating]
    rows: list[Base]


def turns(seed: int, personas: Iterable[str]) -> Turns:
    """600 calls and 300 ratings; the same seed gives the same turns."""
    dice = random.Random(seed)
    ids = list(personas)
    result = Turns([], [], [])
    for number in range(900):
        day = FIRST + timedelta(days=dice.randrange(DAYS))
        is_pruned = day < PRUNED or (day == PRUNED and dice.random() < 0.5)
        at = datetime.combine(day, dice.choice(TIMES), UTC)
        if number % 3:
            _call(result, dice, dice.choice(ids), at, number, is_pruned)
        else:
            _rating(result, dice, dice.choice(ids), at, number, is_pruned)
    result.rows.extend([*_action_days(result.calls), *_feedback_days(result.ratings)])
    return result


def _call(
    result: Turns, dice: random.Random, persona: str, at: datetime, number: int, is_pruned: bool
) -> None:
    call = Call(
        persona,
        at.date(),
        dice.choice(TOOLS),
        dice.random() < 0.2,
        dice.choice((None, 0, 1, 1, dice.randrange(2**31))),
        dice.choice((None, "a", "b", str(dice.randrange(9)))),
        is_pruned,
    )
    result.calls.append(call)
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
        result.rows.append(row)


def _rating(
    result: Turns, dice: random.Random, persona: str, at: datetime, number: int, is_pruned: bool
) -> None:
    rating = Rating(
        persona, at.date(), dice.choice(MODULES), dice.choice((1, 2, 4, 5, 5)), is_pruned
    )
    result.ratings.append(rating)
    if not is_pruned:
        row = PersonaFeedback(
            persona_id=persona,
            tick_id=f"tick {number}",
            module=rating.module,
            rating=rating.rating,
            occurred_at=at,
        )
        result.rows.append(row)


def _action_days(calls: Iterable[Call]) -> list[ActionDay]:
    pruned = [call for call in calls if call.is_pruned]
    totals = Counter((call.persona, call.day, call.tool) for call in pruned)
    errors = Counter((call.persona, call.day, call.tool) for call in pruned if call.is_error)
    return [
        ActionDay(
            persona_id=key[0], day=key[1], tool_name=key[2], actions=actions, errors=errors[key]
        )
        for key, actions in totals.items()
    ]


def _feedback_days(ratings: Iterable[Rating]) -> list[FeedbackDay]:
    pruned = [rating for rating in ratings if rating.is_pruned]
    totals = Counter((row.persona, row.day, row.module, row.rating) for row in pruned)
    return [
        FeedbackDay(
            persona_id=persona,
            day=day,
            module=module,
            last_rating=1,
            last_at=datetime.combine(day, time.max, UTC),
            **{f"rated_{rating}": totals[persona, day, module, rating] for rating in range(1, 6)},
        )
        for persona, day, module in {key[:3] for key in totals}
    ]


def is_within(first: date, last: date, persona: str | None) -> Callable[[Call | Rating], bool]:
    """A filter for these days and this persona; None is any persona."""
    return lambda row: first <= row.day <= last and persona in (None, row.persona)
