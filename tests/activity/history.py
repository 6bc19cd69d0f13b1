"""Actions and ratings of past days, inserted directly instead of reported."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from personas.activity import count
from personas.activity.models import PersonaAction, PersonaFeedback
from personas.database import clock
from personas.database.engine import db
from personas.database.session import write
from personas.database.types import new_id

TODAY = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


def ago(days: int, **offset: float) -> datetime:
    """The start of the day `days` ago, plus the offset: `ago(90, hours=1)`."""
    return TODAY - timedelta(days=days) + timedelta(**offset)


def act(persona_id: str, at: datetime, **columns: Any) -> dict[str, Any]:
    """Insert an action and count it."""
    row = {"persona_id": persona_id, "tick_id": new_id(), "seq": 0, "occurred_at": at}
    row |= {"tool_name": "todo.create", "result": "ok"} | columns
    with write():
        db.session.execute(sa.insert(PersonaAction), [row])
        count.add(persona_id, [at])
    return row


def rate(persona_id: str, at: datetime, rating: int, **columns: Any) -> dict[str, Any]:
    """Insert a rating of the module `todo`."""
    row = {"persona_id": persona_id, "tick_id": new_id(), "module": "todo", "rating": rating}
    row |= {"occurred_at": at} | columns
    with write():
        db.session.execute(sa.insert(PersonaFeedback), [row])
    return row
