"""Section 4 of the contract in dicts and lists: what the service must say and keep."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.activity.runner import Row

AHEAD, BACK, WEEK = timedelta(minutes=5), timedelta(days=30), timedelta(days=7)
Key = tuple[Any, ...]
Said = tuple[Any, ...]
Answer = tuple[int, int, int]  # status, written, duplicates


@dataclass(frozen=True)
class Kept:
    """A row: what was said of it, and when it occurred."""

    said: Said
    at: datetime


@dataclass
class Life:
    """What one persona did and thought."""

    actions: dict[Key, Kept] = field(default_factory=dict)
    feedback: dict[Key, Kept] = field(default_factory=dict)
    last_active: datetime | None = None


def words(text: str | None) -> str | None:
    if text is None:
        return None
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text[:2000])


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.upper())


def said_of_action(row: Row) -> Said:
    return (
        row["toolName"],
        row.get("inputHash") or None,
        row["result"],
        words(row.get("errorMessage")),
        row.get("latencyMs"),
        instant(row.get("occurredAt")),
    )


def said_of_rating(row: Row) -> Said:
    return row["rating"], words(row.get("notes")), instant(row.get("occurredAt"))


class Ledger:
    """Takes batches as the service does."""

    def __init__(self, personas: Iterable[str]) -> None:
        self.lives = {persona: Life() for persona in personas}

    def actions(self, persona: str, rows: list[Row], now: datetime) -> Answer:
        """The key of a row without a number is the whole batch, and its position in that."""
        if any(row.get("latencyMs", 0) < 0 for row in rows):
            return 422, 0, 0
        said = [said_of_action(row) for row in rows]
        whole = tuple((row["tickId"], *told) for row, told in zip(rows, said, strict=True))
        keys: list[Key] = [
            (row["tickId"], row["seq"], None) if "seq" in row else (row["tickId"], position, whole)
            for position, row in enumerate(rows)
        ]
        first: dict[Key, Said] = {}
        for key, told in zip(keys, said, strict=True):
            if first.setdefault(key, told) != told:
                return 422, 0, 0
        return self._add(persona, "actions", first, len(rows), now)

    def feedback(self, persona: str, rows: list[Row], now: datetime) -> Answer:
        first: dict[Key, Said] = {}
        for row in rows:
            first.setdefault((row["tickId"], row["module"]), said_of_rating(row))
        return self._add(persona, "feedback", first, len(rows), now)

    def _add(
        self, persona: str, name: str, rows: dict[Key, Said], sent: int, now: datetime
    ) -> Answer:
        life = self.lives.get(persona)
        if life is None:
            return 404, 0, 0
        kept: dict[Key, Kept] = getattr(life, name)
        if any(key in kept and kept[key].said != said for key, said in rows.items()):
            return 409, 0, 0
        new = {key: said for key, said in rows.items() if key not in kept}
        if not all(said[-1] is None or -BACK <= said[-1] - now <= AHEAD for said in new.values()):
            return 422, 0, 0
        kept |= {key: Kept(said, said[-1] or now) for key, said in new.items()}
        moments = [kept[key].at for key in new]
        if life.last_active:
            moments.append(life.last_active)
        life.last_active = max(moments, default=None)
        return 200, len(new), sent - len(new)

    def week(self, persona: str, now: datetime) -> int:
        return sum(row.at >= now - WEEK for row in self.lives[persona].actions.values())

    def order(self, persona: str) -> list[tuple[datetime, int]]:
        """Time and number, or position, of the newest twenty actions."""
        rows = self.lives[persona].actions.items()
        return sorted(((row.at, key[1]) for key, row in rows), reverse=True)[:20]

    def ratings(self, persona: str) -> dict[str, tuple[float, int, datetime, set[int]]]:
        """Of each module the mean, the number, and the time and stars of the last; of one moment
        there may be several."""
        found: dict[str, list[Kept]] = defaultdict(list)
        for (_, module), row in self.lives[persona].feedback.items():
            if not module.startswith("__"):
                found[module].append(row)
        answer = {}
        for module, rows in found.items():
            last = max(row.at for row in rows)
            mean = round(sum(row.said[0] for row in rows) / len(rows), 2)
            answer[module] = (mean, len(rows), last, {r.said[0] for r in rows if r.at == last})
        return answer
