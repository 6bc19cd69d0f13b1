"""Section 4 of the contract in dicts and lists: what the service must answer and store."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.activity.runner import Row

AHEAD, BACK, WEEK = timedelta(minutes=5), timedelta(days=30), timedelta(days=7)
Key = tuple[Any, ...]
Content = tuple[Any, ...]
Answer = tuple[int, int, int]  # status, written, duplicates


@dataclass(frozen=True)
class StoredRow:
    """A stored row: its content, and when it occurred."""

    content: Content
    at: datetime


@dataclass
class PersonaHistory:
    """The actions and ratings of one persona."""

    actions: dict[Key, StoredRow] = field(default_factory=dict)
    feedback: dict[Key, StoredRow] = field(default_factory=dict)
    last_active: datetime | None = None


def model_text(text: str | None) -> str | None:
    if text is None:
        return None
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text[:2000])


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.upper())


def action_content(row: Row) -> Content:
    return (
        row["toolName"],
        row.get("inputHash") or None,
        row["result"],
        model_text(row.get("errorMessage")),
        row.get("latencyMs"),
        instant(row.get("occurredAt")),
    )


def rating_content(row: Row) -> Content:
    return row["rating"], model_text(row.get("notes")), instant(row.get("occurredAt"))


class Ledger:
    """A plain model of the service: accepts and refuses the same batches."""

    def __init__(self, personas: Iterable[str]) -> None:
        self.histories = {persona: PersonaHistory() for persona in personas}

    def actions(self, persona: str, rows: list[Row], now: datetime) -> Answer:
        """A row without a number is identified by the whole batch and its position in it."""
        if any(row.get("latencyMs", 0) < 0 for row in rows):
            return 422, 0, 0
        contents = [action_content(row) for row in rows]
        batch = tuple(
            (row["tickId"], *content) for row, content in zip(rows, contents, strict=True)
        )
        keys: list[Key] = [
            (row["tickId"], row["seq"], None) if "seq" in row else (row["tickId"], position, batch)
            for position, row in enumerate(rows)
        ]
        first: dict[Key, Content] = {}
        for key, content in zip(keys, contents, strict=True):
            if first.setdefault(key, content) != content:
                return 422, 0, 0
        return self._add(persona, "actions", first, len(rows), now)

    def feedback(self, persona: str, rows: list[Row], now: datetime) -> Answer:
        first: dict[Key, Content] = {}
        for row in rows:
            first.setdefault((row["tickId"], row["module"]), rating_content(row))
        return self._add(persona, "feedback", first, len(rows), now)

    def _add(
        self, persona: str, name: str, rows: dict[Key, Content], sent: int, now: datetime
    ) -> Answer:
        history = self.histories.get(persona)
        if history is None:
            return 404, 0, 0
        kept: dict[Key, StoredRow] = getattr(history, name)
        if any(key in kept and kept[key].content != content for key, content in rows.items()):
            return 409, 0, 0
        new = {key: content for key, content in rows.items() if key not in kept}
        if not all(
            content[-1] is None or -BACK <= content[-1] - now <= AHEAD for content in new.values()
        ):
            return 422, 0, 0
        kept |= {key: StoredRow(content, content[-1] or now) for key, content in new.items()}
        moments = [kept[key].at for key in new]
        if history.last_active:
            moments.append(history.last_active)
        history.last_active = max(moments, default=None)
        return 200, len(new), sent - len(new)

    def actions_7d(self, persona: str, now: datetime) -> int:
        return sum(row.at >= now - WEEK for row in self.histories[persona].actions.values())

    def order(self, persona: str) -> list[tuple[datetime, int]]:
        """Time and number (or position) of the newest twenty actions."""
        rows = self.histories[persona].actions.items()
        return sorted(((row.at, key[1]) for key, row in rows), reverse=True)[:20]

    def ratings(self, persona: str) -> dict[str, tuple[float, int, datetime, set[int]]]:
        """Of each module the mean, the number of ratings, and the time and stars of the last one;
        several ratings may have the same time."""
        by_module: dict[str, list[StoredRow]] = defaultdict(list)
        for (_, module), row in self.histories[persona].feedback.items():
            if not module.startswith("__"):
                by_module[module].append(row)
        answer = {}
        for module, rows in by_module.items():
            last = max(row.at for row in rows)
            mean = round(sum(row.content[0] for row in rows) / len(rows), 2)
            answer[module] = (mean, len(rows), last, {r.content[0] for r in rows if r.at == last})
        return answer
