"""A random runner that splits, merges, repeats, reorders, shortens and contradicts its batches."""

import random
from collections.abc import Callable
from datetime import timedelta

from personas.http.fields import NIL_ID
from tests.activity.runner import Row, action, rating
from tests.people import Clock

TICKS = (
    "tick", "tick-0", "tick:0", "tick|0|todo", "", "Tick", " tick", "tick ", "x" * 254 + "a",
    "x" * 254 + "b", "🔑" * 255, "é", "e\u0301", "%_\\'\";--", "\u2028", "__turn",
)  # fmt: skip
TOOLS = ("todo.create", "notes_add", "mcp__mana__mood_log", "__turn", "search")
MODULES = ("todo", "notes", "Todo", "__turn", "é", "e\u0301", "m" * 200)
MODEL_TEXTS = (None, None, "", "No.", "a\0b\ud800", "x" * 2001, "🔑" * 1999)
EDGES = (
    timedelta(days=-30),
    timedelta(days=-30, microseconds=-1),
    timedelta(minutes=5),
    timedelta(minutes=5, microseconds=1),
    timedelta(days=-7),
    timedelta(0),
)
CLOCK_MOVES = (
    timedelta(microseconds=1),
    timedelta(seconds=20),
    timedelta(minutes=50),
    timedelta(hours=7),
    timedelta(days=2),
    timedelta(minutes=-3),
    timedelta(hours=-2),
)


class Walk:
    """A random walk: each step is a batch, `(persona, "actions" or "feedback", rows)`."""

    def __init__(self, seed: str, clock: Clock, personas: list[str], human: str) -> None:
        self.dice = random.Random(seed)
        self.clock = clock
        self.personas = personas
        self.strangers = [human, NIL_ID]
        self.ticks = [tick for tick in TICKS if tick]
        self.rows: dict[tuple[object, ...], Row] = {}  # the usual content of each row
        self.batches: list[list[Row]] = []  # batches without numbers

    def step(self) -> tuple[str, str, list[Row]]:
        dice = self.dice
        if dice.random() < 0.3:
            self.clock.at += dice.choice(CLOCK_MOVES)
        if dice.random() < 0.02:  # so that there are always new rows
            self.ticks.append(f"tick-{dice.getrandbits(32)}")
        persona = dice.choice(self.personas)
        make = dice.choice([self._numbered, self._numbered, self._without_numbers, self._feedback])
        name, rows = make(persona)
        if name == "actions" and dice.random() < 0.03:
            dice.choice(rows)["latencyMs"] = -1
        if dice.random() < 0.03:
            persona = dice.choice(self.strangers)
        return persona, name, rows

    def _numbered(self, persona: str) -> tuple[str, list[Row]]:
        dice = self.dice
        ticks = dice.sample(self.ticks, dice.choice([1, 1, 2, 3]))
        numbers = [0, 1, 2, 3, 5, 8, 13, 21, 2**31 - 1]
        keys = [(tick, seq) for tick in ticks for seq in dice.sample(numbers, dice.randint(1, 6))]
        if dice.random() < 0.1:
            keys.append(dice.choice(keys))
        dice.shuffle(keys)
        return "actions", [
            self._repeated((persona, *key), lambda key=key: self._action(tickId=key[0], seq=key[1]))  # type: ignore[misc]  # bound to each key
            for key in keys
        ]

    def _without_numbers(self, _persona: str) -> tuple[str, list[Row]]:
        """A new batch, or an earlier one of any persona: whole, shuffled, cut or extended."""
        dice = self.dice
        if self.batches and dice.random() < 0.6:
            rows = [dict(row) for row in dice.choice(self.batches[-40:])]
            change: Callable[[], object] = dice.choice(
                [
                    lambda: None,
                    lambda: None,
                    lambda: dice.shuffle(rows),
                    lambda: rows.__delitem__(slice(dice.randint(1, len(rows)), None)),
                    lambda: rows.extend(dice.choice(self.batches)),
                ]
            )
            change()
            return "actions", [dict(row) for row in rows[:40]]
        tick = dice.choice(self.ticks)
        rows = [self._action(tickId=tick) for _ in range(dice.randint(1, 8))]
        if dice.random() < 0.3:
            rows += [dict(rows[0])]
        self.batches.append([dict(row) for row in rows])
        return "actions", rows

    def _feedback(self, persona: str) -> tuple[str, list[Row]]:
        dice = self.dice
        rows = []
        for _ in range(dice.randint(1, 5)):
            tick, module = dice.choice(self.ticks), dice.choice(MODULES)
            rows.append(self._repeated((persona, tick, module), lambda: self._rating(tick, module)))  # noqa: B023  called at once
        return "feedback", rows

    def _repeated(self, key: tuple[object, ...], make: Callable[[], Row]) -> Row:
        """The row as it was sent before, or now and then with other content."""
        row = self.rows.setdefault(key, make())
        if self.dice.random() < 0.04:
            row = make()
        if self.dice.random() < 0.02:  # replaces a row that was too old when it was sent
            self.rows[key] = row = make()
        return dict(row)

    def _action(self, **fields: object) -> Row:
        dice = self.dice
        row = action(toolName=dice.choice(TOOLS), result=dice.choice(["ok", "error"]), **fields)
        optional = {
            "inputHash": dice.choice([None, "", "9f86"]),
            "errorMessage": dice.choice(MODEL_TEXTS),
            "latencyMs": dice.choice([None, 0, dice.randint(0, 2**31 - 1)]),
            "occurredAt": self._occurred_at(),
        }
        return row | {key: value for key, value in optional.items() if value is not None}

    def _rating(self, tick: str, module: str) -> Row:
        row = rating(module, self.dice.randint(1, 5), tickId=tick)
        optional = {"notes": self.dice.choice(MODEL_TEXTS), "occurredAt": self._occurred_at()}
        return row | {key: value for key, value in optional.items() if value is not None}

    def _occurred_at(self) -> str | None:
        """Mostly a recent time, sometimes one at the limit of what is accepted or beyond it."""
        dice = self.dice
        chance = dice.random()
        if chance < 0.4:
            return None
        off = dice.choice(EDGES) if chance < 0.44 else -timedelta(hours=dice.uniform(0, 24 * 9))
        if 0.44 <= chance < 0.7:  # several rows of the same time
            off = timedelta(hours=-dice.randint(0, 30))
        text = (self.clock.at + off).isoformat()
        return text.replace("+00:00", dice.choice(["Z", "z", "+00:00", "-00:00"]))
