"""The API of the runner: which personas are due, and what they did in a turn."""

from datetime import datetime
from typing import Any

from personas.activity import report, service
from personas.activity.report import Differs
from personas.activity.schemas import ActionBatch, Due, FeedbackBatch, Written
from personas.auth.guard import RUNNER, allow
from personas.database import clock
from personas.http.view import Blueprint, raises
from personas.persona.service import NoSuchPersona

blp = Blueprint("runner", __name__, url_prefix="/api/v1/internal/personas")


@blp.get("/due")
@allow(RUNNER)
@blp.response(200, Due)
def due() -> dict[str, Any]:
    """List the personas that are due: never active ones first, then the longest idle."""
    now: datetime = clock.now()
    return {"personas": service.due(now), "server_time": now}


@blp.post("/<id:user_id>/actions")
@allow(RUNNER)
@raises(NoSuchPersona, Differs)
@blp.arguments(ActionBatch)
@blp.response(200, Written)
def report_actions(body: dict[str, Any], user_id: str) -> report.Written:
    """Add the tool calls of a turn; rows that are stored already count as duplicates."""
    return report.actions(user_id, body["actions"])


@blp.post("/<id:user_id>/feedback")
@allow(RUNNER)
@raises(NoSuchPersona, Differs)
@blp.arguments(FeedbackBatch)
@blp.response(200, Written)
def report_feedback(body: dict[str, Any], user_id: str) -> report.Written:
    """Add the ratings of a turn; if a module is rated twice, the first rating counts."""
    return report.feedback(user_id, body["feedback"])
