"""Schemas and fields that are stricter than marshmallow's, which convert values silently."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import marshmallow as ma

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
AN_ID = "019cb5a0-7d3c-7c11-9b1e-5f0c2a4d8e6f"  # for examples
NIL_ID = "00000000-0000-0000-0000-000000000000"  # RFC 9562, 5.9; no row has it
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
CONTROL = re.compile(f"[{CONTROLS}]")

# The checks below as regular expressions of JSON Schema (ECMA-262), which have neither `fullmatch`
# nor Python's `strip`. They cannot describe a lone surrogate.
STORABLE = {"not": {"pattern": r"\u0000"}}
BLANKS = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
ONE_LINE = f"^[^{CONTROLS}]*[^{CONTROLS}{BLANKS}][^{CONTROLS}]*$"


class Schema(ma.Schema):
    """`camelCase` on the wire, `snake_case` inside; unknown keys and null are refused."""

    class Meta:
        unknown = ma.RAISE

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        if field_obj.data_key is None:
            head, *tail = field_name.split("_")
            field_obj.data_key = head + "".join(word.title() for word in tail)


class Answer(Schema):
    """A response, or a part of one: every key is always present."""

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        field_obj.required = True


class Text(ma.fields.String):
    """Text of `min_length` to `max_length` characters that every database can store.

    `one_line` also refuses control characters and blank text. `pattern` must match the whole text;
    `message` is its error. `json_schema`, here and below, is what a field adds to the JSON Schema
    that apispec derives from marshmallow's own validators.
    """

    def __init__(
        self,
        min_length: int,
        max_length: int,
        *,
        one_line: bool = False,
        pattern: re.Pattern[str] | None = None,
        message: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.validators = [ma.validate.Length(min_length, max_length)]
        self._allowed: dict[str, Any] = {"pattern": ONE_LINE} if one_line else STORABLE
        if pattern:
            self.validators.append(_fullmatch(pattern, message))
            self._allowed = {"pattern": f"^{pattern.pattern}$"}
        if one_line:
            self.validators.append(_one_line)

    @property
    def json_schema(self) -> dict[str, Any]:
        return self._allowed

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, *args, **kwargs))
        if UNSTORABLE.search(text):
            raise ma.ValidationError("Must not contain NUL or lone surrogates.")
        return text


def _fullmatch(pattern: re.Pattern[str], message: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if not pattern.fullmatch(text):
            raise ma.ValidationError(message)

    return check


def _one_line(text: str) -> None:
    if CONTROL.search(text) or not text.strip():
        raise ma.ValidationError("Must be one line of text that is not blank.")


class Choice(Text):
    """One of these values."""

    def __init__(self, choices: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(0, 64, **kwargs)
        self.validators = [ma.validate.OneOf(choices)]

    @property
    def json_schema(self) -> dict[str, Any]:
        return {}


class Label(Text):
    """Text without control characters and without the character `forbidden`, if one is given."""

    def __init__(
        self, min_length: int, max_length: int, *, forbidden: str = "", **kwargs: Any
    ) -> None:
        pattern = re.compile(rf"[^\u0000-\u001f\u007f-\u009f{re.escape(forbidden)}]+")
        also = f" or {forbidden!r}" if forbidden else ""
        message = f"Must not contain control characters{also}."
        super().__init__(min_length, max_length, pattern=pattern, message=message, **kwargs)
        self.forbidden = forbidden


class Hash(Text):
    """A digest in a form that the client chooses; `""` becomes None."""

    def repair(self, text: str) -> str | None:
        return text or None

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self.repair(super()._deserialize(value, *args, **kwargs))

    def _validate(self, value: str | None) -> None:
        if value is not None:  # None has no length
            super()._validate(value)


class ModelText(ma.fields.String):
    """Text that a model wrote. It is never refused: it is cut after `max_length` characters, and
    characters that no database stores become U+FFFD (contract, section 4)."""

    def __init__(self, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length

    def repair(self, text: str) -> str:
        return UNSTORABLE.sub("\ufffd", text[: self.max_length])

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return self.repair(str(super()._deserialize(value, *args, **kwargs)))


class StrictInteger(ma.fields.Integer):
    """A JSON number without a fraction: `true`, `"4"` and `4.0` are refused."""

    def __init__(self, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(validate=ma.validate.Range(minimum, maximum), **kwargs)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class OnlyFalse(ma.fields.Boolean):
    """A JSON boolean that may only be false."""

    json_schema: ClassVar = {"const": False}

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if value is not False:
            raise ma.ValidationError("Must be false.")
        return False


class Cursor(Text):
    """The id of the last row of the previous page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(36, 36, pattern=UUID, message="Not a cursor of this list.", **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema | {"format": "uuid", "examples": [AN_ID]}


class Id(ma.fields.String):
    """An id in a response."""

    json_schema: ClassVar = {"format": "uuid", "examples": [AN_ID]}


class Rounded(ma.fields.Float):
    """A number in a response, rounded to `decimals`."""

    def __init__(self, decimals: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decimals = decimals

    def _serialize(self, value: float | None, *_args: Any, **_kwargs: Any) -> float | None:
        return None if value is None else round(value, self.decimals)
