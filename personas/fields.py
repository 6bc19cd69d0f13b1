"""Schemas and fields that are stricter than marshmallow's: what arrives is what is meant."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import marshmallow as ma

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NIL_ID = "00000000-0000-0000-0000-000000000000"  # RFC 9562, 5.9: nobody's
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MODULE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MAX_WEIGHT = 1_000_000


class Schema(ma.Schema):
    """`camelCase` on the wire, `snake_case` inside; unknown keys and null are refused."""

    class Meta:
        unknown = ma.RAISE

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            head, *tail = field_name.split("_")
            field_obj.data_key = head + "".join(word.title() for word in tail)


class Text(ma.fields.String):
    """Text of `least` to `most` characters that every database can hold.

    `one_line` also refuses control characters and what is only blank.
    """

    def __init__(
        self,
        least: int,
        most: int,
        *,
        one_line: bool = False,
        pattern: re.Pattern[str] | None = None,
        says: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.validators = [ma.validate.Length(least, most)]
        if pattern:
            self.validators.append(_fullmatch(pattern, says))
        if one_line:
            self.validators.append(_one_line)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, *args, **kwargs))
        if UNSTORABLE.search(text):
            raise ma.ValidationError("Must not hold NUL or lone surrogates.")
        return text


def _fullmatch(pattern: re.Pattern[str], says: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise ma.ValidationError(says)

    return check


def _one_line(text: str) -> None:
    if CONTROL.search(text) or not text.strip():
        raise ma.ValidationError("Must be one line of text that is not blank.")


class Word(Text):
    """One of a few words."""

    def __init__(self, words: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(0, 64, **kwargs)
        self.validators = [ma.validate.OneOf(words)]


class QueryInteger(ma.fields.Integer):
    """A whole number in a query: digits and nothing else."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not re.fullmatch(r"[0-9]{1,9}", str(value), re.ASCII):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class QueryFlag(ma.fields.Boolean):
    """`true` or `false` in a query."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, **kwargs)


class OnlyFalse(ma.fields.Boolean):
    """A JSON boolean that may only be false."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        if value is not False:
            raise ma.ValidationError("Must be false.")
        return False


class Cursor(Text):
    """Where a page begins: the id of the last row of the page before it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(36, 36, pattern=UUID, says="Not a cursor of this list.", **kwargs)


class Instant(ma.fields.Field[datetime]):
    """A time on its way out: RFC 3339, UTC, with `Z`."""

    def _serialize(self, value: datetime | None, *args: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return None if value is None else value.isoformat().replace("+00:00", "Z")


class ModuleMix(ma.fields.Field[dict[str, float]]):
    """Module name → relative weight (contract, section 1)."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, float]:  # noqa: ARG002
        if not isinstance(value, Mapping):
            raise ma.ValidationError("Must be an object: module name → weight.")
        if not 1 <= len(value) <= 64:
            raise ma.ValidationError("Must name 1 to 64 modules.")
        errors = {name: _weight_errors(name, weight) for name, weight in value.items()}
        if wrong := {name: said for name, said in errors.items() if said}:
            raise ma.ValidationError(wrong)
        if not sum(value.values()) > 0:
            raise ma.ValidationError("The sum of the weights must be above 0.")
        return dict(value)


def _weight_errors(name: str, weight: object) -> list[str]:
    errors = []
    if not MODULE.fullmatch(name):
        errors.append("A module is a letter, then up to 63 letters, digits, _ or -.")
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not is_number or not 0 <= weight <= MAX_WEIGHT:  # type: ignore[operator]  # NaN is neither
        errors.append(f"A weight is a number from 0 to {MAX_WEIGHT}.")
    return errors


class Page(Schema):
    """The query of a paged list."""

    limit = QueryInteger(validate=ma.validate.Range(1, 1000))
    cursor = Cursor()
