"""The shapes of personas on the wire and in the catalog."""

import re
from typing import Any

import marshmallow as ma

from personas.auth.schemas import NewPassword
from personas.config.settings import Settings
from personas.http.fields import (
    Answer,
    Choice,
    Cursor,
    Id,
    Schema,
    Text,
)
from personas.http.instants import Instant
from personas.http.query import Page, QueryFlag
from personas.persona.module_mix import ModuleMix
from personas.persona.plan import CADENCES, FIELDS
from personas.state import current
from personas.user.email import LOCAL, MAX_LENGTH, MAX_LOCAL
from personas.user.schemas import Email, Name

A_PERSONA = {"examples": ["persona.anna@mana.test"]}
A_CADENCE = {"description": "How often the persona gets a turn.", "examples": ["daily"]}
A_PROMPT = {
    "description": "Who the persona is, in the second person.",
    "examples": ["You are Anna, 22, in your fifth semester of landscape architecture in Kassel."],
}


class PersonaEmail(Email):
    """An e-mail on one of the persona domains, which are a setting."""

    @property
    def json_schema(self) -> dict[str, Any]:
        names = sorted(current(Settings).email_domains)
        local, domains = LOCAL.replace("a-z", "A-Za-z"), "|".join(map(_in_any_case, names))
        longest = min(MAX_LENGTH, MAX_LOCAL + 1 + max(map(len, names)))
        narrowed = {"pattern": f"^{local}@(?:{domains})$", "maxLength": longest}
        return super().json_schema | narrowed | A_PERSONA


def _in_any_case(domain: str) -> str:
    """A pattern that ignores case: the regular expressions of JSON Schema have no flags."""
    letters = (f"[{c}{c.upper()}]" if c.isalpha() else c for c in domain)
    return "".join(letters).replace(".", r"\.")


class Archetype(Text):
    def __init__(self, **kwargs: Any) -> None:
        pattern = re.compile("[a-z0-9-]+")
        message = "Must contain only lower-case letters, digits and hyphens."
        super().__init__(1, 64, pattern=pattern, message=message, **kwargs)

    @property
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema | {"examples": ["adhd-student"]}


class Prompt(Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(20, 20_000, metadata=A_PROMPT, **kwargs)


class PersonaChange(Schema):
    name = Name()
    archetype = Archetype()
    system_prompt = Prompt()
    module_mix = ModuleMix()
    tick_cadence = Choice(CADENCES, metadata=A_CADENCE)


class PersonaPut(PersonaChange):
    email = PersonaEmail(required=True)
    password = NewPassword(required=True)
    archetype = Archetype(required=True)
    system_prompt = Prompt(required=True)
    module_mix = ModuleMix(required=True)


class PutQuery(Schema):
    dry_run = QueryFlag(metadata={"description": "Answer what would change, and write nothing."})


class PutAnswer(Answer):
    ok = ma.fields.Constant(True)
    user_id = Id(allow_none=True)
    email = ma.fields.String(metadata=A_PERSONA)
    created = ma.fields.Boolean()
    changed = ma.fields.List(
        Choice((*FIELDS.values(), "password")),
        metadata={"examples": [["systemPrompt", "password"]]},
    )


class PersonaQuery(Page):
    archetype = Archetype()
    cadence = Choice(CADENCES)
    q = Text(1, 200, metadata={"description": "Part of the e-mail or name; case is ignored."})


class PersonaRow(Answer):
    user_id = Id(attribute="user.id")
    email = ma.fields.String(attribute="user.email", metadata=A_PERSONA)
    name = Name(attribute="user.name")
    archetype = Archetype(attribute="persona.archetype")
    tick_cadence = Choice(CADENCES, attribute="persona.tick_cadence", metadata=A_CADENCE)
    last_active_at = Instant(attribute="persona.last_active_at", allow_none=True)
    created_at = Instant(attribute="persona.created_at")
    actions7d = ma.fields.Integer(metadata={"examples": [42]})


class PersonaDetail(PersonaRow):
    system_prompt = Prompt(attribute="persona.system_prompt")
    module_mix = ModuleMix(attribute="persona.module_mix")


class PersonaPage(Answer):
    personas = ma.fields.List(ma.fields.Nested(PersonaRow))
    next_cursor = Cursor(allow_none=True)


class PersonaAnswer(Answer):
    persona = ma.fields.Nested(PersonaDetail)
