"""Parse one JSON object (RFC 8259), more strictly than the standard library."""

import json
import re
from math import isfinite
from typing import Any, NoReturn

COUNT_FIRST_ABOVE = 1024 * 1024  # bytes; the values of a longer text are counted before parsing
MAX_DEPTH = 32
MAX_VALUES = 20_000  # no body needs more; marshmallow reports every unknown key, which is slow
MAX_MARKS = 2 * MAX_VALUES
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# an unterminated string ends with the text: no byte is scanned twice
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
NESTING = frozenset((dict, list))


class NotStrictJSON(ValueError):
    """The text is refused. The message continues a sentence: "The body …", "The catalog …"."""


class TooManyValues(NotStrictJSON):
    """The text contains more than MAX_VALUES values; it may be well-formed."""

    def __init__(self) -> None:
        super().__init__(f"contains more than {MAX_VALUES:,} values")


def parse(raw: bytes) -> dict[str, Any]:
    """Parse one JSON object.

    Raises TooManyValues; NotStrictJSON for text that is not UTF-8 or JSON, NaN, numbers larger than
    a double, repeated keys, more than 32 levels, and any value except an object at the top.
    """
    if len(raw) > COUNT_FIRST_ABOVE and _marks(raw) > MAX_MARKS:
        _refuse_too_many(STRING.sub(b"", raw))
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except NotStrictJSON:
        raise
    except (ValueError, RecursionError):
        raise NotStrictJSON("is not valid JSON") from None
    if not isinstance(value, dict):
        raise NotStrictJSON("must be a JSON object")
    _check_size(value)
    return value


def _marks(raw: bytes) -> int:
    """The number of commas and opening brackets: at most two for each value."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _refuse_too_many(marks: bytes) -> None:
    """Refuse millions of values before they are parsed, which would take seconds and hundreds of
    megabytes. `marks` is the text without its strings."""
    if _marks(marks) <= MAX_MARKS:
        return
    depth = 0
    for mark in marks.translate(None, NO_BRACKETS)[:MAX_MARKS]:
        depth += 1 if mark in b"[{" else -1
        if depth > MAX_DEPTH:
            raise _too_deep()
    raise TooManyValues


def _too_deep() -> NotStrictJSON:
    return NotStrictJSON(f"is nested more than {MAX_DEPTH} levels deep")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise NotStrictJSON("contains a key twice in one object")
    return unique


def _no_constant(name: str) -> NoReturn:
    raise NotStrictJSON(f"contains {name}, which is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise NotStrictJSON("contains a number that is too large")
    return value


def _check_size(value: object) -> None:
    level: list[Any] = [value]  # the objects and arrays of one depth
    values = 0
    for _ in range(MAX_DEPTH):
        values += sum(map(len, level))
        if values > MAX_VALUES:
            raise TooManyValues
        inside = [item.values() if isinstance(item, dict) else item for item in level]
        level = [
            child
            for children in inside
            if not NESTING.isdisjoint(map(type, children))  # quick, and most contain no containers
            for child in children
            if type(child) in NESTING
        ]
        if not level:
            return
    raise _too_deep()
