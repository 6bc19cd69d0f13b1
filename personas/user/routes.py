"""What an admin does with accounts."""

from typing import Any

from personas.auth import service as auth
from personas.auth.guard import ADMIN, allow, caller
from personas.body import Blueprint
from personas.user import service
from personas.user.models import User
from personas.user.schemas import Deleted, UserAnswer, UserChange, UserPage, UserQuery

blp = Blueprint("users", __name__, url_prefix="/api/v1/admin/users")


@blp.get("")
@allow(ADMIN)
@blp.arguments(UserQuery, location="query")
@blp.response(200, UserPage)
def list_users(query: dict[str, Any]) -> dict[str, Any]:
    users, next_cursor = service.users(**query)
    return {"users": users, "next_cursor": next_cursor}


@blp.patch("/<id:user_id>")
@allow(ADMIN)
@blp.arguments(UserChange)
@blp.response(200, UserAnswer)
def change_user(body: dict[str, Any], user_id: str) -> dict[str, User]:
    return {"user": service.update(user_id, body, actor=caller().actor)}


@blp.delete("/<id:user_id>")
@allow(ADMIN)
@blp.response(200, Deleted)
def delete_user(user_id: str) -> dict[str, str]:
    auth.delete_account(user_id, persona=False, actor=caller().actor)
    return {"deleted": user_id}
