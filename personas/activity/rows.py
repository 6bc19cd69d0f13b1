"""A list of many small rows, read thirty times as fast as marshmallow alone could.

What msgspec accepts is a row; what it does not, marshmallow looks at again and judges, in its
own words. A test holds that the two never differ.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import marshmallow as ma
import msgspec
from msgspec import Meta

from personas.activity.row import Row
from personas.http.fields import Hash, Label, Schema, StrictInteger, Word


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
        fields = schema().fields
        # once: marshmallow copies a field for each schema that it makes
        self._quick = list[_struct(schema.row, fields)]  # type: ignore[misc]  # made just now
        self._texts = [name for name, f in fields.items() if isinstance(f, Label | Hash)]
        self._without = {name: f.without for name, f in fields.items() if isinstance(f, Label)}
        self._repairs = {name: f.repair for name, f in fields.items() if hasattr(f, "repair")}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            self._validate(value)  # before the rows are looked at: there may be too many
        try:
            return self._read(value)
        except ValueError:  # msgspec's errors are such, too
            return super()._deserialize(value, *args, **kwargs)

    def _read(self, value: Any) -> list[Any]:
        """What is printable holds neither control characters nor what no database stores; where
        a text is not, marshmallow looks closer. Raises ValueError."""
        rows: list[Any] = msgspec.convert(value, self._quick)
        for name in self._texts:
            said = "".join([getattr(row, name) or "" for row in rows])
            without = self._without.get(name)
            if not said.isprintable() or (without and without in said):
                raise ValueError
        for name, repair in self._repairs.items():
            for row in rows:
                if (sent := getattr(row, name)) is not None:
                    setattr(row, name, repair(sent))
        return rows


def _struct(row: type[Row], fields: Mapping[str, ma.fields.Field[Any]]) -> type[Row]:
    """A row as msgspec checks it, by the same fields."""
    typed: list[Any] = [
        (name, _type(field)) if field.required else (name, _type(field), None)
        for name, field in fields.items()
    ]
    made: Any = msgspec.defstruct(
        row.__name__,
        typed,
        bases=(row,),
        kw_only=True,
        forbid_unknown_fields=True,
        rename={name: str(field.data_key) for name, field in fields.items()},
    )
    return made  # type: ignore[no-any-return]  # msgspec does not say of which bases


def _type(field: ma.fields.Field[Any]) -> Any:
    """What msgspec knows of a field: its type and its bounds."""
    first: Any = field.validators[0] if field.validators else None
    match field:
        case Word():
            return Literal[tuple(first.choices)]
        case Label() | Hash():
            return Annotated[str, Meta(min_length=first.min, max_length=first.max)]
        case StrictInteger():
            return Annotated[int, Meta(ge=first.min, le=first.max)]
        case _:
            return str
