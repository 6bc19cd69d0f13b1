"""The shapes of audit events on the wire."""

from typing import Any

import marshmallow as ma

from personas.fields import Instant, Page, Schema, Text
from personas.user.email import canonical


class Who(Text):
    """An id, `cli`, or an e-mail in any form."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            return canonical(text)
        except ValueError:
            return text


class AuditQuery(Page):
    target = Who(1, 254)
    actor = Who(1, 254)
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
