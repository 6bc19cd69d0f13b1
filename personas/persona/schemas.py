"""The shapes of personas, on the wire and in the catalog."""

import re
from typing import Any

import marshmallow as ma

from personas.auth.schemas import NewPassword
from personas.fields import Instant, ModuleMix, Page, QueryFlag, Schema, Text, Word
from personas.persona.plan import CADENCES
from personas.user.schemas import Email, Name


class Archetype(Text):
    def __init__(self, **kwargs: Any) -> None:
        pattern = re.compile("[a-z0-9-]+")
        says = "Must be of lower-case letters, digits and hyphens."
        super().__init__(1, 64, pattern=pattern, says=says, **kwargs)


class PersonaChange(Schema):
    name = Name()
    archetype = Archetype()
    system_prompt = Text(20, 20_000)
    module_mix = ModuleMix()
    tick_cadence = Word(CADENCES)


class PersonaPut(PersonaChange):
    email = Email(required=True)
    password = NewPassword(required=True)
    archetype = Archetype(required=True)
    system_prompt = Text(20, 20_000, required=True)
    module_mix = ModuleMix(required=True)


class PutQuery(Schema):
    dry_run = QueryFlag()


class PutAnswer(Schema):
    ok = ma.fields.Constant(True)
    user_id = ma.fields.String(allow_none=True)
    email = ma.fields.String()
    created = ma.fields.Boolean()
    changed = ma.fields.List(ma.fields.String())


class PersonaQuery(Page):
    archetype = Archetype()
    cadence = Word(CADENCES)
    q = Text(1, 200)


class PersonaRow(Schema):
    user_id = ma.fields.String(attribute="user.id")
    email = ma.fields.String(attribute="user.email")
    name = ma.fields.String(attribute="user.name")
    archetype = ma.fields.String(attribute="persona.archetype")
    tick_cadence = ma.fields.String(attribute="persona.tick_cadence")
    last_active_at = Instant(attribute="persona.last_active_at", allow_none=True)
    created_at = Instant(attribute="persona.created_at")
    actions7d = ma.fields.Constant(0)


class PersonaDetail(PersonaRow):
    system_prompt = ma.fields.String(attribute="persona.system_prompt")
    module_mix = ma.fields.Dict(attribute="persona.module_mix")


class PersonaPage(Schema):
    personas = ma.fields.List(ma.fields.Nested(PersonaRow))
    next_cursor = ma.fields.String(allow_none=True)


class PersonaAnswer(Schema):
    persona = ma.fields.Nested(PersonaDetail)


class PersonaHistory(PersonaAnswer):
    recent_actions: ma.fields.Constant[list[object]] = ma.fields.Constant([])
    feedback_by_module: ma.fields.Constant[list[object]] = ma.fields.Constant([])
