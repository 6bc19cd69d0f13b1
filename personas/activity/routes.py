"""The runner's side: who is due, and what became of a turn."""

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
    """The personas whose turn has come, the never active first, then the longest idle."""
    now: datetime = clock.now()
    return {"personas": service.due(now), "server_time": now}


@blp.post("/<id:user_id>/actions")
@allow(RUNNER)
@raises(NoSuchPersona, Differs)
@blp.arguments(ActionBatch)
@blp.response(200, Written)
def report_actions(body: dict[str, Any], user_id: str) -> report.Written:
    """Add the tool calls of a turn; what is stored already is a duplicate."""
    return report.actions(user_id, body["actions"])


@blp.post("/<id:user_id>/feedback")
@allow(RUNNER)
@raises(NoSuchPersona, Differs)
@blp.arguments(FeedbackBatch)
@blp.response(200, Written)
def report_feedback(body: dict[str, Any], user_id: str) -> report.Written:
    """Add the ratings of a turn; of a module that is named twice, the first counts."""
    return report.feedback(user_id, body["feedback"])
