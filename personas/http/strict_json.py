"""One JSON object (RFC 8259), read more strictly than the standard library does."""

import json
import re
from math import isfinite
from typing import Any, NoReturn

READABLE_AT_ONCE = 1024 * 1024  # bytes; a longer text is counted before it is read
MAX_DEPTH = 32
MAX_VALUES = 20_000  # more than any body needs; marshmallow names each unknown key, which is slow
MOST_MARKS = 2 * MAX_VALUES
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# to its end, or where it has none to that of the text: every byte is looked at once
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
NESTING = frozenset((dict, list))


class NotStrictJSON(ValueError):
    """The text is refused. The message is a predicate, to follow "The body" or "The catalog"."""


class TooManyValues(NotStrictJSON):
    """The text is well-formed, but contains more values than anything here takes."""

    def __init__(self) -> None:
        super().__init__(f"contains more than {MAX_VALUES:,} values")


def parse(raw: bytes) -> dict[str, Any]:
    """Read one JSON object.

    Raises NotStrictJSON for what is not UTF-8 or JSON, NaN and numbers beyond a double, a key
    that comes twice, more than 32 levels, and any other top level than an object; TooManyValues.
    """
    if len(raw) > READABLE_AT_ONCE and _marks(raw) > MOST_MARKS:
        _refuse_millions(STRING.sub(b"", raw))
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
    """How many characters come before a value; an empty object or array has two."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _refuse_millions(marks: bytes) -> None:
    """Refuse millions of values before they are created, which would take seconds and hundreds of
    megabytes. `marks` is a text without its strings."""
    if _marks(marks) <= MOST_MARKS:
        return
    depth = 0
    for mark in marks.translate(None, NO_BRACKETS)[:MOST_MARKS]:
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
            if not NESTING.isdisjoint(map(type, children))  # most hold no other, and it is quick
            for child in children
            if type(child) in NESTING
        ]
        if not level:
            return
    raise _too_deep()
