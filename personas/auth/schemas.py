"""The shapes of registration, login and sessions on the wire."""

from typing import Any

import marshmallow as ma

from personas.config.settings import Settings
from personas.http.fields import Answer, Choice, Schema, Text
from personas.space.schemas import SpaceSchema
from personas.state import current
from personas.user.email import domain
from personas.user.password import MAX_LENGTH
from personas.user.schemas import Email, Name, UserSchema

A_PASSWORD = "correct horse battery staple"  # noqa: S105  for examples
A_TOKEN = {"examples": ["eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"]}
A_REFRESH_TOKEN = {"examples": ["019cb5a0-7d3c-7c11-9b1e-5f0c2a4d8e6f.0.c2lnbmF0dXJl"]}
A_MAILED_TOKEN = {"examples": ["eyJpZCI6IjAxOWNiNWEwIn0.aaQQeA.c2lnbmF0dXJl"]}


class NewPassword(Text):
    """A new password: any Unicode characters. Only its length is checked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MAX_LENGTH, **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        min_length = current(Settings).password_min_length
        return super().json_schema | {"minLength": min_length, "examples": [A_PASSWORD]}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        password = super()._deserialize(value, *args, **kwargs)
        min_length = current(Settings).password_min_length
        if len(password) < min_length:
            raise ma.ValidationError(f"Must have at least {min_length} characters.")
        return password


class Registration(Schema):
    email = Email(required=True)
    password = NewPassword(required=True)
    name = Name()

    @ma.validates("email")
    def refuse_persona_domain(self, email: str, data_key: str) -> None:  # noqa: ARG002  marshmallow passes it
        """In production, these domains have no mailboxes (contract, section 2)."""
        if current(Settings).is_production and domain(email) in current(Settings).email_domains:
            raise ma.ValidationError("This domain is reserved for personas.")


class Login(Schema):
    email = Email(required=True)
    password = Text(1, MAX_LENGTH, required=True, metadata={"examples": [A_PASSWORD]})


class Refresh(Schema):
    refresh_token = Text(1, 1024, required=True, metadata=A_REFRESH_TOKEN)


class MailedToken(Schema):
    token = Text(1, 1024, required=True, metadata=A_MAILED_TOKEN)


class Forgotten(Schema):
    email = Email(required=True)


class Reset(MailedToken):
    password = NewPassword(required=True)


class LoggedInSchema(Answer):
    user = ma.fields.Nested(UserSchema)
    token = ma.fields.String(metadata={"description": "The same as `accessToken`."} | A_TOKEN)
    access_token = ma.fields.String(metadata=A_TOKEN)
    refresh_token = ma.fields.String(metadata=A_REFRESH_TOKEN)
    expires_in = ma.fields.Integer(
        metadata={"description": "Seconds that the access token is valid for.", "examples": [900]}
    )


class CurrentSession(Answer):
    user = ma.fields.Nested(UserSchema)
    spaces = ma.fields.List(ma.fields.Nested(SpaceSchema))


class Jwk(Answer):
    kty = Choice(("OKP",))
    crv = Choice(("Ed25519",))
    x = ma.fields.String(metadata={"examples": ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]})
    kid = ma.fields.String(metadata={"examples": ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]})
    alg = Choice(("EdDSA",))
    use = Choice(("sig",))


class Jwks(Answer):
    keys = ma.fields.List(ma.fields.Nested(Jwk))
