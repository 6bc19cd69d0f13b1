"""The rows that the runner reports, after validation. Fields that were not sent are None."""

from datetime import datetime

from msgspec import Struct


class Row(Struct, kw_only=True):
    """One row of a batch."""

    tick_id: str
    occurred_at: datetime | None = None


class Action(Row, kw_only=True):
    """One call of a tool; `result` is `ok` or `error`."""

    tool_name: str
    input_hash: str | None = None
    result: str
    error_message: str | None = None
    latency_ms: int | None = None
    seq: int | None = None


class Feedback(Row, kw_only=True):
    """One rating, 1 to 5, of a module."""

    module: str
    rating: int
    notes: str | None = None
