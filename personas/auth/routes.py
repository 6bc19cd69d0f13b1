"""Register, log in, refresh, log out, the current session, and the public keys for tokens."""

from typing import Any

from flask import Response, after_this_request

from personas.auth import limit, link, service, token
from personas.auth import session as sessions
from personas.auth.cookie import delete_cookie, set_cookie
from personas.auth.guard import ACCOUNT, ANYONE, allow, caller, is_trusted
from personas.auth.login import log_in
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
from personas.auth.session import BadCredential, LoggedIn, WrongCredentials
from personas.config.settings import Settings
from personas.http.problems import TooMany
from personas.http.view import Blueprint, raises
from personas.space import service as spaces
from personas.state import current
from personas.user.models import User
from personas.user.schemas import UserAnswer

blp = Blueprint("auth", __name__)

SETS_COOKIE = {"Set-Cookie": {"schema": {"type": "string"}, "required": True}}


@blp.post("/api/v1/auth/register")
@allow(ANYONE)
@raises(service.EmailTaken, TooMany)
@blp.arguments(Registration)
@blp.response(201, LoggedInSchema, headers=SETS_COOKIE)
def register(body: dict[str, Any]) -> LoggedIn:
    """Create an account and log it in."""
    limit.count(limit.REGISTER, exempt=is_trusted())
    registered = service.register(**body)
    link.send_verification(registered.user)
    return _with_cookie(registered)


@blp.post("/api/v1/auth/login")
@allow(ANYONE)
@raises(WrongCredentials, TooMany)
@blp.arguments(Login)
@blp.response(200, LoggedInSchema, headers=SETS_COOKIE)
def login(body: dict[str, Any]) -> LoggedIn:
    """Log in with e-mail and password."""
    return _with_cookie(log_in(**body))


@blp.post("/api/v1/auth/refresh")
@allow(ANYONE)
@raises(BadCredential)
@blp.arguments(Refresh)
@blp.response(200, LoggedInSchema)
def refresh(body: dict[str, Any]) -> LoggedIn:
    """Exchange a refresh token for a new one and a new access token."""
    return sessions.refresh(**body)


@blp.post("/api/v1/auth/logout")
@allow(ACCOUNT)
@blp.response(204, headers=SETS_COOKIE)
def logout() -> Response:
    """End the session: its cookie and all its tokens become invalid at once."""
    sessions.logout(caller().session_id)
    response = Response(status=204)
    delete_cookie(response)
    return response


@blp.get("/api/v1/auth/session")
@allow(ACCOUNT)
@blp.response(200, CurrentSession)
def session() -> dict[str, Any]:
    """Get the logged-in account and its spaces."""
    user = caller().user
    return {"user": user, "spaces": spaces.of(user.id)}


@blp.post("/api/v1/auth/verify-email")
@allow(ACCOUNT)
@blp.arguments(MailedToken)
@blp.response(200, UserAnswer)
def verify_email(body: dict[str, Any]) -> dict[str, User]:
    """Confirm your e-mail with the token from the mailed link."""
    return {"user": link.verify(**body, user=caller().user)}


@blp.post("/api/v1/auth/forgot-password")
@allow(ANYONE)
@raises(TooMany)
@blp.arguments(Forgotten)
@blp.response(202)
def forgot_password(body: dict[str, Any]) -> Response:
    """Mail a reset link if the account exists; the answer does not reveal whether it does."""
    limit.count(limit.FORGOT, exempt=is_trusted())
    link.send_reset(**body)
    return Response(status=202)


@blp.post("/api/v1/auth/reset-password")
@allow(ANYONE)
@blp.arguments(Reset)
@blp.response(204)
def reset_password(body: dict[str, Any]) -> Response:
    """Set a new password with the token from the mailed link; all sessions end."""
    limit.count(limit.RESET, exempt=is_trusted())
    link.reset(**body)
    return Response(status=204)


@blp.get("/.well-known/jwks.json")
@blp.get("/api/auth/jwks", endpoint="jwks_of_old")
@blp.get("/api/v1/auth/jwks", endpoint="jwks_of_v1")
@allow(ANYONE, needs_database=False)
@blp.response(200, Jwks, tag="keys")
def jwks() -> tuple[dict[str, Any], dict[str, str]]:
    """Get the public keys that verify tokens, the current one first."""
    return {"keys": token.jwks(current(Settings))}, {"Cache-Control": "public, max-age=300"}


def _with_cookie(logged_in: LoggedIn) -> LoggedIn:
    """Set the session cookie on the response to the current request."""

    @after_this_request
    def set_session_cookie(response: Response) -> Response:
        set_cookie(response, logged_in)
        return response

    return logged_in
