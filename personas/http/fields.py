"""Schemas and fields that are stricter than marshmallow's: what arrives is what is meant."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import marshmallow as ma

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
AN_ID = "019cb5a0-7d3c-7c11-9b1e-5f0c2a4d8e6f"  # for examples
NIL_ID = "00000000-0000-0000-0000-000000000000"  # RFC 9562, 5.9: nobody's
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
CONTROL = re.compile(f"[{CONTROLS}]")
MODULE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MAX_WEIGHT = 1_000_000

# What the checks below allow, in the regular expressions of JSON Schema (ECMA-262), which know
# neither `fullmatch` nor Python's `strip`. A lone surrogate is beyond what they can say.
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
    """What the service says: every key is there, always."""

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        field_obj.required = True


class Text(ma.fields.String):
    """Text of `least` to `most` characters that every database can hold.

    `one_line` also refuses control characters and what is only blank. `json_schema`, here and
    below, is what the API's document and the catalog's schema say of a field besides what they
    read from marshmallow's own validators.
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
        self._allowed: dict[str, Any] = {"pattern": ONE_LINE} if one_line else STORABLE
        if pattern:
            self.validators.append(_fullmatch(pattern, says))
            self._allowed = {"pattern": f"^{pattern.pattern}$"}
        if one_line:
            self.validators.append(_one_line)

    @property
    def json_schema(self) -> dict[str, Any]:
        return self._allowed

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

    @property
    def json_schema(self) -> dict[str, Any]:
        return {}


class Label(Text):
    """Text without control characters, and `without` one more if there is one."""

    def __init__(self, least: int, most: int, *, without: str = "", **kwargs: Any) -> None:
        pattern = re.compile(rf"[^\u0000-\u001f\u007f-\u009f{re.escape(without)}]+")
        says = "Must not hold control characters" + (f" or {without!r}." if without else ".")
        super().__init__(least, most, pattern=pattern, says=says, **kwargs)
        self.without = without


class Hash(Text):
    """A digest in the client's own form; `""` means none."""

    def repair(self, text: str) -> str | None:
        return text or None

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self.repair(super()._deserialize(value, *args, **kwargs))

    def _validate(self, value: str | None) -> None:
        if value is not None:  # none has no length
            super()._validate(value)


class ModelText(ma.fields.String):
    """Text that a model wrote. None of it is refused: it is cut after `most` characters, and what
    no database holds becomes U+FFFD (contract, section 4)."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def repair(self, text: str) -> str:
        return UNSTORABLE.sub("\ufffd", text[: self.most])

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return self.repair(str(super()._deserialize(value, *args, **kwargs)))


class StrictInteger(ma.fields.Integer):
    """A JSON number without a fraction: neither `true` nor `"4"` nor `4.0`."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=ma.validate.Range(least, most), **kwargs)

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
    """Where a page begins: the id of the last row of the page before it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(36, 36, pattern=UUID, says="Not a cursor of this list.", **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema | {"format": "uuid", "examples": [AN_ID]}


class Id(ma.fields.String):
    """An id on its way out."""

    json_schema: ClassVar = {"format": "uuid", "examples": [AN_ID]}


class Rounded(ma.fields.Float):
    """A number of so many decimals, on its way out."""

    def __init__(self, decimals: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decimals = decimals

    def _serialize(self, value: float | None, *_args: Any, **_kwargs: Any) -> float | None:
        return None if value is None else round(value, self.decimals)


class ModuleMix(ma.fields.Field[dict[str, float]]):
    """Module name → relative weight (contract, section 1)."""

    json_schema: ClassVar = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 64,
        "propertyNames": {"pattern": f"^{MODULE.pattern}$"},
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": MAX_WEIGHT},
        "not": {"additionalProperties": {"const": 0}},  # their sum is above 0
        "examples": [{"todo": 8, "journal": 6}],
    }

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, float]:
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
