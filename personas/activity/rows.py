"""A list of many small rows, read thirty times as fast as marshmallow alone could.

What msgspec accepts is a row; what it does not, marshmallow looks at again and judges, in its
own words. A test holds that the two never differ.
"""

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import marshmallow as ma
import msgspec
from msgspec import Meta

from personas.activity.reported import Row
from personas.fields import Schema, Text, Whole, Word


class RowSchema(Schema):
    """The shape of a row, and what it becomes."""

    row: ClassVar[type[Row]]

    @ma.post_load
    def make(self, values: dict[str, Any], **_kwargs: Any) -> Row:
        return self.row(**values)


class Rows(ma.fields.List[Any]):
    """1 to `most` rows of this shape."""

    def __init__(self, schema: type[RowSchema], most: int, **kwargs: Any) -> None:
        length = ma.validate.Length(1, most, error="Must hold {min} to {max} rows.")
        super().__init__(ma.fields.Nested(schema), validate=length, **kwargs)
        self._schema = schema

    @cached_property
    def _quick(self) -> Any:
        return list[_quick_row(self._schema())]  # type: ignore[misc]  # made when it is needed

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            self._validate(value)  # before the rows are looked at: there may be too many
        try:
            rows: list[Any] = msgspec.convert(value, self._quick)
        except (msgspec.ValidationError, UnicodeError):
            rows = super()._deserialize(value, *args, **kwargs)
        return rows


def _quick_row(schema: RowSchema) -> type[msgspec.Struct]:
    """The row of `schema` as msgspec checks it, by the same fields."""
    mended = [(name, field.mend) for name, field in schema.fields.items() if hasattr(field, "mend")]

    def mend(self: Row) -> None:
        for name, meant in mended:
            if (sent := getattr(self, name)) is not None:
                setattr(self, name, meant(sent))

    fields: list[Any] = [
        (name, _type(field)) if field.required else (name, _type(field), None)
        for name, field in schema.fields.items()
    ]
    return msgspec.defstruct(
        schema.row.__name__,
        fields,
        bases=(schema.row,),
        namespace={"__post_init__": mend},
        kw_only=True,
        forbid_unknown_fields=True,
        rename={name: str(field.data_key) for name, field in schema.fields.items()},
    )


def _type(field: ma.fields.Field[Any]) -> Any:
    """What msgspec knows of a field: at least as strict as the field itself."""
    first: Any = field.validators[0] if field.validators else None
    match field:
        case Word():
            return Literal[tuple(first.choices)]
        case Text():
            return Annotated[
                str, Meta(min_length=first.min, max_length=first.max, pattern=field.quick)
            ]
        case Whole():
            return Annotated[int, Meta(ge=first.min, le=first.max)]
        case _:
            return str
