"""The shapes of accounts on the wire."""

from typing import Any

import marshmallow as ma

from personas.fields import Instant, OnlyFalse, Page, Schema, Text, Word
from personas.user.email import MAX_LENGTH, canonical
from personas.user.stamp import KINDS, TIERS


class Email(Text):
    """An address in its canonical form, whatever form it arrives in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MAX_LENGTH, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        try:
            return canonical(super()._deserialize(value, *args, **kwargs))
        except ValueError as error:
            raise ma.ValidationError(str(error)) from None


class Name(Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 200, one_line=True, **kwargs)


class UserSchema(Schema):
    id = ma.fields.String()
    email = ma.fields.String()
    name = ma.fields.String()
    kind = ma.fields.String()
    role = ma.fields.String()
    access_tier = ma.fields.String()
    email_verified = ma.fields.Boolean()
    created_at = Instant()
    updated_at = Instant()


class UserQuery(Page):
    kind = Word((*KINDS, "all"))
    role = Word(("user", "admin", "service"))
    q = Text(1, 200)


class UserPage(Schema):
    users = ma.fields.List(ma.fields.Nested(UserSchema))
    next_cursor = ma.fields.String()


class UserChange(Schema):
    access_tier = Word(TIERS)
    role = Word(("user", "admin"))
    email_verified = OnlyFalse()
    name = Name()


class UserAnswer(Schema):
    user = ma.fields.Nested(UserSchema)


class Deleted(Schema):
    ok = ma.fields.Constant(True)
    deleted = ma.fields.String()
