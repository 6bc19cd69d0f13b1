"""The shapes of audit events on the wire."""

import marshmallow as ma

from personas.fields import Instant, Page, Schema, Text


class AuditQuery(Page):
    target = Text(1, 254)
    actor = Text(1, 254)
    action = Text(1, 64)


class AuditEventSchema(Schema):
    id = ma.fields.String()
    at = Instant()
    action = ma.fields.String()
    actor = ma.fields.String()
    target = ma.fields.String()
    before = ma.fields.Dict(allow_none=True)
    after = ma.fields.Dict(allow_none=True)


class AuditPage(Schema):
    events = ma.fields.List(ma.fields.Nested(AuditEventSchema))
    next_cursor = ma.fields.String(allow_none=True)
