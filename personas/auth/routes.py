"""Sign up, log in, refresh, log out, who am I, and the keys that tokens are checked with."""

from typing import Any

from flask import Response, after_this_request

from personas.auth import limit, link, service, token
from personas.auth import session as sessions
from personas.auth.guard import ACCOUNT, ANYONE, COOKIE, allow, caller, is_trusted
from personas.auth.schemas import (
    CurrentSession,
    Forgotten,
    Jwks,
    LoggedInSchema,
    Login,
    MailedToken,
    Refresh,
    Registration,
    Reset,
)
from personas.auth.session import LoggedIn
from personas.body import Blueprint
from personas.config import settings
from personas.user.models import User
from personas.user.schemas import UserAnswer

blp = Blueprint("auth", __name__)


@blp.post("/api/v1/auth/register")
@allow(ANYONE)
@blp.arguments(Registration)
@blp.response(201, LoggedInSchema)
def register(body: dict[str, Any]) -> LoggedIn:
    limit.count(limit.REGISTER, exempt=is_trusted())
    registered = service.register(**body)
    link.send_verification(registered.user)
    return _with_cookie(registered)


@blp.post("/api/v1/auth/login")
@allow(ANYONE)
@blp.arguments(Login)
@blp.response(200, LoggedInSchema)
def login(body: dict[str, Any]) -> LoggedIn:
    with limit.login_failures(body["email"], exempt=is_trusted()):
        return _with_cookie(sessions.login(**body))


@blp.post("/api/v1/auth/refresh")
@allow(ANYONE)
@blp.arguments(Refresh)
@blp.response(200, LoggedInSchema)
def refresh(body: dict[str, Any]) -> LoggedIn:
    return sessions.refresh(**body)


@blp.post("/api/v1/auth/logout")
@allow(ACCOUNT)
@blp.response(204)
def logout() -> Response:
    sessions.logout(caller().session_id)
    response = Response(status=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=_is_secure())
    return response


@blp.get("/api/v1/auth/session")
@allow(ACCOUNT)
@blp.response(200, CurrentSession)
def session() -> dict[str, Any]:
    return {"user": caller().user, "spaces": []}


@blp.post("/api/v1/auth/verify-email")
@allow(ACCOUNT)
@blp.arguments(MailedToken)
@blp.response(200, UserAnswer)
def verify_email(body: dict[str, Any]) -> dict[str, User]:
    return {"user": link.verify(**body, user=caller().user)}


@blp.post("/api/v1/auth/forgot-password")
@allow(ANYONE)
@blp.arguments(Forgotten)
@blp.response(202)
def forgot_password(body: dict[str, Any]) -> Response:
    limit.count(limit.FORGOT, exempt=is_trusted())
    link.forgot(**body)
    return Response(status=202)


@blp.post("/api/v1/auth/reset-password")
@allow(ANYONE)
@blp.arguments(Reset)
@blp.response(204)
def reset_password(body: dict[str, Any]) -> Response:
    link.reset(**body)
    return Response(status=204)


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
