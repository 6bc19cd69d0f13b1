"""The shapes of accounts on the wire."""

from typing import Any

import marshmallow as ma

from personas.http.fields import Answer, Choice, Cursor, Id, OnlyFalse, Schema, Text
from personas.http.instants import Instant
from personas.http.query import Page
from personas.user.email import DOMAIN, LOCAL, MAX_LENGTH, MAX_LOCAL, canonical
from personas.user.stamp import KINDS, ROLES, TIERS


class Email(Text):
    """An e-mail address in any form; it is loaded in its canonical form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MAX_LENGTH, **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        """A pattern can describe only the ASCII forms of an address. The format `email` is left
        out, because validators disagree about it."""
        return {
            "pattern": f"^{LOCAL}@{DOMAIN}$".replace("a-z", "A-Za-z"),
            "not": {"pattern": f"^[^@]{{{MAX_LOCAL + 1}}}"},
            "maxLength": MAX_LENGTH,
            "examples": ["anna@example.org"],
        }

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        try:
            return canonical(super()._deserialize(value, *args, **kwargs))
        except ValueError as error:
            raise ma.ValidationError(str(error)) from None


class Name(Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 200, one_line=True, **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema | {"examples": ["Anna"]}


class UserSchema(Answer):
    id = Id()
    email = Email()
    name = Name()
    kind = Choice(KINDS)
    role = Choice(ROLES)
    access_tier = Choice(TIERS, metadata={"examples": ["public"]})
    email_verified = ma.fields.Boolean()
    created_at = Instant()
    updated_at = Instant()


class UserQuery(Page):
    kind = Choice((*KINDS, "all"), metadata={"description": "`human` by default."})
    role = Choice(ROLES)
    q = Text(1, 200, metadata={"description": "Part of the e-mail or name; case is ignored."})


class UserPage(Answer):
    users = ma.fields.List(ma.fields.Nested(UserSchema))
    next_cursor = Cursor(allow_none=True)


class UserChange(Schema):
    access_tier = Choice(TIERS, metadata={"examples": ["beta"]})
    role = Choice(("user", "admin"))
    email_verified = OnlyFalse()
    name = Name()


class UserAnswer(Answer):
    user = ma.fields.Nested(UserSchema)


class Deleted(Answer):
    ok = ma.fields.Constant(True)
    deleted = Id()
