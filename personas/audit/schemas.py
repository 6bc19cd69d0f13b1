"""The shapes of audit events on the wire."""

import marshmallow as ma

from personas.fields import Answer, Cursor, Id, Instant, Page, Text


class AuditQuery(Page):
    target = Text(1, 254, metadata={"description": "An id or an e-mail."})
    actor = Text(1, 254, metadata={"description": "An id or an e-mail, or `cli`."})
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
