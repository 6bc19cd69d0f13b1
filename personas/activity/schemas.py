"""The shapes of what the runner reads and reports (contract, section 4)."""

from typing import Any

import marshmallow as ma

from personas.activity.batch import Rows, RowSchema
from personas.activity.models import (
    MAX_HASH,
    MAX_INTEGER,
    MAX_NAME,
    MAX_TEXT,
    MAX_TICK,
    RATINGS,
    RESULTS,
)
from personas.activity.row import Action, Feedback
from personas.http.fields import (
    Answer,
    Choice,
    Hash,
    Id,
    Label,
    ModelText,
    Rounded,
    Schema,
    StrictInteger,
)
from personas.http.instants import Instant
from personas.persona.module_mix import ModuleMix
from personas.persona.plan import CADENCES
from personas.persona.schemas import (
    A_CADENCE,
    A_PERSONA,
    Archetype,
    PersonaAnswer,
    Prompt,
)

A_TICK = {"description": "The id of the turn.", "examples": ["tick-2026-03-01-anna"]}
A_SEQ = {"description": "The number of the row in its turn.", "examples": [0]}
A_TOOL = {"examples": ["todo.create"]}
A_MODULE = {"examples": ["todo"]}


class ActionSchema(RowSchema):
    row = Action

    tick_id = Label(1, MAX_TICK, required=True, metadata=A_TICK)
    tool_name = Label(1, MAX_NAME, required=True, metadata=A_TOOL)
    input_hash = Hash(0, MAX_HASH, metadata={"examples": ["9f86d081884c7d65"]})
    result = Choice(RESULTS, required=True)
    error_message = ModelText(MAX_TEXT, metadata={"examples": ["The list is full."]})
    latency_ms = StrictInteger(0, MAX_INTEGER, metadata={"examples": [120]})
    seq = StrictInteger(0, MAX_INTEGER, metadata=A_SEQ)
    occurred_at = Instant()


class FeedbackSchema(RowSchema):
    row = Feedback

    tick_id = Label(1, MAX_TICK, required=True, metadata=A_TICK)
    module = Label(1, MAX_NAME, forbidden=".", required=True, metadata=A_MODULE)
    rating = StrictInteger(RATINGS[0], RATINGS[-1], required=True, metadata={"examples": [4]})
    notes = ModelText(MAX_TEXT, metadata={"examples": ["I found the list at once."]})
    occurred_at = Instant()


class ActionBatch(Schema):
    actions = Rows(ActionSchema, 500, required=True)

    @ma.validates_schema
    def all_or_none_are_numbered(self, values: dict[str, Any], **_kwargs: Any) -> None:
        rows: list[Action] = values["actions"]
        is_numbered = rows[0].seq is not None
        for index, row in enumerate(rows):
            if (row.seq is not None) != is_numbered:
                message = "Send `seq` in all rows of a batch, or in none."
                raise ma.ValidationError({"actions": {index: {"seq": [message]}}})


class FeedbackBatch(Schema):
    feedback = Rows(FeedbackSchema, 100, required=True)


class Written(Answer):
    ok = ma.fields.Constant(True)
    written = ma.fields.Integer(metadata={"examples": [2]})
    duplicates = ma.fields.Integer(metadata={"examples": [0]})


class DuePersona(Answer):
    user_id = Id(attribute="user.id")
    email = ma.fields.String(attribute="user.email", metadata=A_PERSONA)
    archetype = Archetype(attribute="persona.archetype")
    system_prompt = Prompt(attribute="persona.system_prompt")
    module_mix = ModuleMix(attribute="persona.module_mix")
    tick_cadence = Choice(CADENCES, attribute="persona.tick_cadence", metadata=A_CADENCE)
    last_active_at = Instant(attribute="persona.last_active_at", allow_none=True)


class Due(Answer):
    personas = ma.fields.List(ma.fields.Nested(DuePersona))
    server_time = Instant()


class RecentAction(Answer):
    tick_id = ma.fields.String(metadata=A_TICK)
    seq = ma.fields.Integer(attribute="number", allow_none=True, metadata={"examples": [0]})
    tool_name = ma.fields.String(metadata=A_TOOL)
    module = ma.fields.String(allow_none=True, metadata=A_MODULE)
    input_hash = ma.fields.String(allow_none=True, metadata={"examples": ["9f86d081884c7d65"]})
    result = Choice(RESULTS)
    error_message = ma.fields.String(allow_none=True, metadata={"examples": [None]})
    latency_ms = ma.fields.Integer(allow_none=True, metadata={"examples": [120]})
    occurred_at = Instant()


class RatedModule(Answer):
    module = ma.fields.String(metadata=A_MODULE)
    avg_rating = Rounded(
        2,
        attribute="mean",
        metadata={"description": "The mean of the ratings.", "examples": [4.25]},
    )
    ratings = ma.fields.Integer(metadata={"examples": [8]})
    last_rating = ma.fields.Integer(metadata={"examples": [5]})
    last_at = Instant()


class PersonaHistory(PersonaAnswer):
    recent_actions = ma.fields.List(ma.fields.Nested(RecentAction))
    feedback_by_module = ma.fields.List(ma.fields.Nested(RatedModule))
