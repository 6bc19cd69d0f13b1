"""Personas, managed by admins."""

from typing import Any

from personas.activity import count
from personas.activity import service as activity
from personas.activity.schemas import PersonaHistory
from personas.auth.guard import ADMIN, allow, caller
from personas.http.fields import AN_ID
from personas.http.view import Blueprint, raises
from personas.persona import service
from personas.persona.put import Contended, put
from personas.persona.schemas import (
    PersonaAnswer,
    PersonaChange,
    PersonaPage,
    PersonaPut,
    PersonaQuery,
    PutAnswer,
    PutQuery,
)
from personas.persona.service import NoSuchPersona, NotAPersona
from personas.user.schemas import Deleted

blp = Blueprint("personas", __name__, url_prefix="/api/v1/admin/personas")

CREATED = {
    "ok": True,
    "userId": AN_ID,
    "email": "persona.anna@mana.test",
    "created": True,
    "changed": [],
}


@blp.post("")
@allow(ADMIN)
@raises(NotAPersona, Contended)
@blp.arguments(PersonaPut)
@blp.arguments(PutQuery, location="query")
@blp.response(201, PutAnswer, description="The persona was created", example=CREATED)
@blp.alt_response(200, PutAnswer, description="The persona existed")
def put_persona(body: dict[str, Any], query: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Create a persona, or update the one with this e-mail to match."""
    email, password = body.pop("email"), body.pop("password")
    result = put(email, password, body, actor=caller().actor, **query)
    plan = result.plan
    answer = {
        "user_id": result.user_id,
        "email": email,
        "created": plan.created,
        "changed": plan.changed,
    }
    return answer, 201 if plan.created else 200


@blp.get("")
@allow(ADMIN)
@blp.arguments(PersonaQuery, location="query")
@blp.response(200, PersonaPage)
def list_personas(query: dict[str, Any]) -> dict[str, Any]:
    """List personas, newest first; without `limit`, all of them."""
    personas, next_cursor = service.personas(**query)
    return {"personas": count.with_actions7d(personas), "next_cursor": next_cursor}


@blp.get("/<id:user_id>")
@allow(ADMIN)
@raises(NoSuchPersona)
@blp.response(200, PersonaHistory)
def get_persona(user_id: str) -> dict[str, Any]:
    """Get a persona with its latest actions and its mean ratings by module."""
    return {
        "persona": count.one_with_actions7d(service.get(user_id)),
        "recent_actions": activity.recent(user_id),
        "feedback_by_module": activity.ratings(user_id),
    }


@blp.patch("/<id:user_id>")
@allow(ADMIN)
@raises(NoSuchPersona, NotAPersona)
@blp.arguments(PersonaChange)
@blp.response(200, PersonaAnswer)
def change_persona(body: dict[str, Any], user_id: str) -> dict[str, Any]:
    """Change a persona; fields that are left out keep their values."""
    persona = service.update(user_id, body, actor=caller().actor)
    return {"persona": count.one_with_actions7d(persona)}


@blp.delete("/<id:user_id>")
@allow(ADMIN)
@raises(NoSuchPersona, NotAPersona)
@blp.response(200, Deleted)
def delete_persona(user_id: str) -> dict[str, str]:
    """Delete a persona and all its data; never an account of another kind."""
    service.delete(user_id, actor=caller().actor)
    return {"deleted": user_id}
