"""The shapes of sign-up, login and sessions on the wire."""

from typing import Any

import marshmallow as ma

from personas.config import settings
from personas.fields import Schema, Text
from personas.user.email import domain
from personas.user.password import MAX_LENGTH
from personas.user.schemas import Email, Name, UserSchema


class NewPassword(Text):
    """A password that somebody chooses: any Unicode, no rules of composition but its length."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MAX_LENGTH, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        password = super()._deserialize(value, *args, **kwargs)
        least = settings().password_min_length
        if len(password) < least:
            raise ma.ValidationError(f"Must have at least {least} characters.")
        return password


class Registration(Schema):
    email = Email(required=True)
    password = NewPassword(required=True)
    name = Name()

    @ma.validates("email")
    def refuse_a_persona_domain(self, email: str, data_key: str) -> None:  # noqa: ARG002
        """In production nobody owns such a mailbox (contract, section 2)."""
        if settings().is_production and domain(email) in settings().email_domains:
            raise ma.ValidationError("This domain belongs to personas.")


class Login(Schema):
    email = Email(required=True)
    password = Text(1, MAX_LENGTH, required=True)


class Refresh(Schema):
    refresh_token = Text(1, 1024, required=True)


class LoggedInSchema(Schema):
    user = ma.fields.Nested(UserSchema)
    token = ma.fields.String()
    access_token = ma.fields.String()
    refresh_token = ma.fields.String()
    expires_in = ma.fields.Integer()


class CurrentSession(Schema):
    user = ma.fields.Nested(UserSchema)
    spaces = ma.fields.List(ma.fields.Dict())


class Jwk(Schema):
    kty = ma.fields.String()
    crv = ma.fields.String()
    x = ma.fields.String()
    kid = ma.fields.String()
    alg = ma.fields.String()
    use = ma.fields.String()


class Jwks(Schema):
    keys = ma.fields.List(ma.fields.Nested(Jwk))
