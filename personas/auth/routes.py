"""Sign up, log in, refresh, log out, who am I, and the keys that tokens are checked with."""

from typing import Any

from flask import Response, after_this_request

from personas.auth import limit, service, token
from personas.auth.guard import ACCOUNT, ANYONE, COOKIE, allow, caller, is_trusted
from personas.auth.schemas import (
    CurrentSession,
    Jwks,
    LoggedInSchema,
    Login,
    Refresh,
    Registration,
)
from personas.auth.service import LoggedIn
from personas.body import Blueprint
from personas.config import settings

blp = Blueprint("auth", __name__)


@blp.post("/api/v1/auth/register")
@allow(ANYONE)
@blp.arguments(Registration)
@blp.response(201, LoggedInSchema)
def register(body: dict[str, Any]) -> LoggedIn:
    limit.registration(exempt=is_trusted())
    return _with_cookie(service.register(**body))


@blp.post("/api/v1/auth/login")
@allow(ANYONE)
@blp.arguments(Login)
@blp.response(200, LoggedInSchema)
def login(body: dict[str, Any]) -> LoggedIn:
    attempt = limit.login(body["email"], exempt=is_trusted())
    return _with_cookie(service.login(**body, attempt=attempt))


@blp.post("/api/v1/auth/refresh")
@allow(ANYONE)
@blp.arguments(Refresh)
@blp.response(200, LoggedInSchema)
def refresh(body: dict[str, Any]) -> LoggedIn:
    return service.refresh(**body)


@blp.post("/api/v1/auth/logout")
@allow(ACCOUNT)
@blp.response(204)
def logout() -> Response:
    service.logout(caller().session_id)
    response = Response(status=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=_is_secure())
    return response


@blp.get("/api/v1/auth/session")
@allow(ACCOUNT)
@blp.response(200, CurrentSession)
def session() -> dict[str, Any]:
    return {"user": caller().user, "spaces": []}


@blp.get("/.well-known/jwks.json")
@blp.get("/api/auth/jwks")
@blp.get("/api/v1/auth/jwks")
@allow(ANYONE)
@blp.response(200, Jwks)
def jwks() -> dict[str, Any]:
    return {"keys": token.jwks(settings())}


def _with_cookie(logged_in: LoggedIn) -> LoggedIn:
    """Set the session cookie, without an end of its own: the server ends the session."""
    cookie = token.sign_cookie(settings(), logged_in.session_id)

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", secure=_is_secure())
        return response

    return logged_in


def _is_secure() -> bool:
    return settings().is_production
