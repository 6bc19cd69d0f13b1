"""The shapes of analytics on the wire."""

import marshmallow as ma

from personas.http.fields import Answer, Rounded, Schema
from personas.http.instants import Day
from personas.persona.schemas import Archetype

FIRST = {"description": "The first day (UTC). By default, the period covers 12 ISO weeks."}
LAST = {"description": "The last day (UTC). By default, today."}
IN_MS = {
    "description": "Nearest-rank percentile in ms; null if pruned or unknown.",
    "examples": [120],
}
A_DAY = {"examples": ["2026-03-01"]}
PRUNED = {"description": "Whether some rows were pruned and are known only as daily sums."}


class AnalyticsQuery(Schema):
    first = Day(data_key="from", metadata=FIRST)
    last = Day(data_key="to", metadata=LAST)
    archetype = Archetype()


class ModuleWeek(Answer):
    """A module in one week. Values without ratings or calls, or lost by pruning, are null."""

    module = ma.fields.String(allow_none=True, metadata={"examples": ["todo"]})
    week = ma.fields.String(metadata={"description": "ISO 8601, UTC.", "examples": ["2026-W48"]})
    ratings = ma.fields.Integer(attribute="ratings.number", metadata={"examples": [8]})
    mean = Rounded(2, allow_none=True, attribute="ratings.mean", metadata={"examples": [3.88]})
    median = Rounded(1, allow_none=True, attribute="ratings.median", metadata={"examples": [4.0]})
    spread = Rounded(
        2,
        allow_none=True,
        attribute="ratings.spread",
        metadata={
            "description": "The population standard deviation of the ratings.",
            "examples": [0.93],
        },
    )
    distribution = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.Integer(),
        attribute="ratings.distribution",
        metadata={
            "description": "How often each rating was given.",
            "examples": [{"1": 0, "2": 1, "3": 1, "4": 4, "5": 2}],
        },
    )
    actions = ma.fields.Integer(metadata={"examples": [40]})
    error_share = Rounded(
        4,
        allow_none=True,
        metadata={
            "description": "The share of calls that failed, from 0 to 1.",
            "examples": [0.025],
        },
    )
    p50 = ma.fields.Integer(allow_none=True, metadata=IN_MS)
    p95 = ma.fields.Integer(allow_none=True, metadata=IN_MS | {"examples": [480]})
    is_pruned = ma.fields.Boolean(data_key="pruned", metadata=PRUNED)


class Tool(Answer):
    """A tool in the whole period. Values that are unknown, or lost by pruning, are null."""

    tool_name = ma.fields.String(metadata={"examples": ["todo.create"]})
    module = ma.fields.String(allow_none=True, metadata={"examples": ["todo"]})
    calls = ma.fields.Integer(metadata={"examples": [40]})
    errors = ma.fields.Integer(metadata={"examples": [1]})
    p50 = ma.fields.Integer(allow_none=True, metadata=IN_MS)
    p95 = ma.fields.Integer(allow_none=True, metadata=IN_MS | {"examples": [480]})
    distinct_inputs = ma.fields.Integer(
        allow_none=True,
        metadata={
            "description": "The number of different `inputHash` values; null if pruned.",
            "examples": [31],
        },
    )
    is_pruned = ma.fields.Boolean(data_key="pruned", metadata=PRUNED)


class Analytics(Answer):
    first = ma.fields.Date(data_key="from", attribute="days.first", metadata=A_DAY)
    last = ma.fields.Date(data_key="to", attribute="days.last", metadata=A_DAY)


class Modules(Analytics):
    modules = ma.fields.List(ma.fields.Nested(ModuleWeek))


class Tools(Analytics):
    tools = ma.fields.List(ma.fields.Nested(Tool))
