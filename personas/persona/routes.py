"""What an admin does with personas."""

from typing import Any

from personas.auth.guard import ADMIN, allow, caller
from personas.body import Blueprint
from personas.persona import service
from personas.persona.put import put
from personas.persona.schemas import (
    PersonaAnswer,
    PersonaChange,
    PersonaHistory,
    PersonaPage,
    PersonaPut,
    PersonaQuery,
    PutAnswer,
    PutQuery,
)
from personas.persona.service import Described
from personas.user.schemas import Deleted

blp = Blueprint("personas", __name__, url_prefix="/api/v1/admin/personas")


@blp.post("")
@allow(ADMIN)
@blp.arguments(PersonaPut)
@blp.arguments(PutQuery, location="query")
@blp.response(201, PutAnswer)
@blp.alt_response(200, schema=PutAnswer, success=True)
def put_persona(body: dict[str, Any], query: dict[str, Any]) -> tuple[dict[str, Any], int]:
    email, password = body.pop("email"), body.pop("password")
    outcome = put(email, password, body, actor=caller().actor, **query)
    plan = outcome.plan
    answer = {
        "user_id": outcome.user_id,
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
    personas, next_cursor = service.personas(**query)
    return {"personas": personas, "next_cursor": next_cursor}


@blp.get("/<id:user_id>")
@allow(ADMIN)
@blp.response(200, PersonaHistory)
def get_persona(user_id: str) -> dict[str, Described]:
    return {"persona": service.get(user_id)}


@blp.patch("/<id:user_id>")
@allow(ADMIN)
@blp.arguments(PersonaChange)
@blp.response(200, PersonaAnswer)
def change_persona(body: dict[str, Any], user_id: str) -> dict[str, Described]:
    return {"persona": service.update(user_id, body, actor=caller().actor)}


@blp.delete("/<id:user_id>")
@allow(ADMIN)
@blp.response(200, Deleted)
def delete_persona(user_id: str) -> dict[str, str]:
    service.delete(user_id, actor=caller().actor)
    return {"deleted": user_id}
