"""Accounts, managed by admins."""

from typing import Any

from personas.auth import service as auth
from personas.auth.guard import ADMIN, allow, caller
from personas.http.view import Blueprint, raises
from personas.user import service
from personas.user.models import User
from personas.user.schemas import Deleted, UserAnswer, UserChange, UserPage, UserQuery
from personas.user.service import LastAdmin, NoSuchUser, PersonaRole

blp = Blueprint("users", __name__, url_prefix="/api/v1/admin/users")


@blp.get("")
@allow(ADMIN)
@blp.arguments(UserQuery, location="query")
@blp.response(200, UserPage)
def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """List accounts, newest first; only humans unless `kind` is given."""
    users, next_cursor = service.users(**query)
    return {"users": users, "next_cursor": next_cursor}


@blp.patch("/<id:user_id>")
@allow(ADMIN)
@raises(NoSuchUser, LastAdmin, PersonaRole)
@blp.arguments(UserChange)
@blp.response(200, UserAnswer)
def change_user(body: dict[str, Any], user_id: str) -> dict[str, User]:
    """Change an account; fields that are left out keep their values."""
    return {"user": service.update(user_id, body, actor=caller().actor)}


@blp.delete("/<id:user_id>")
@allow(ADMIN)
@raises(NoSuchUser, LastAdmin, auth.WrongAccountKind)
@blp.response(200, Deleted)
def delete_user(user_id: str) -> dict[str, str]:
    """Delete an account and all its data; personas are deleted under /admin/personas."""
    auth.delete_account(user_id, is_persona=False, actor=caller().actor)
    return {"deleted": user_id}
