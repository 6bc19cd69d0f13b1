"""The shapes of audit events on the wire."""

from typing import Any

import marshmallow as ma

from personas.http.fields import Answer, Cursor, Id, Text
from personas.http.instants import Instant
from personas.http.query import Page
from personas.user.email import canonical


class IdOrEmail(Text):
    """An id, `cli`, or an e-mail, which is brought into its canonical form."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            return canonical(text)
        except ValueError:
            return text


class AuditQuery(Page):
    target = IdOrEmail(1, 254, metadata={"description": "An id or an e-mail."})
    actor = IdOrEmail(1, 254, metadata={"description": "An id or an e-mail, or `cli`."})
    action = Text(1, 64, metadata={"examples": ["persona.create"]})


class AuditEventSchema(Answer):
    id = Id()
    at = Instant()
    action = ma.fields.String(metadata={"examples": ["user.update"]})
    actor = ma.fields.String(
        metadata={"description": "The account's id, or `cli`.", "examples": ["cli"]}
    )
    target = Id()
    before = ma.fields.Dict(allow_none=True, metadata={"examples": [{"accessTier": "public"}]})
    after = ma.fields.Dict(allow_none=True, metadata={"examples": [{"accessTier": "beta"}]})


class AuditPage(Answer):
    events = ma.fields.List(ma.fields.Nested(AuditEventSchema))
    next_cursor = Cursor(allow_none=True)
