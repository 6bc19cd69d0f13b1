"""The session cookie on a response."""

from werkzeug.wrappers import Response

from personas.auth.guard import COOKIE
from personas.auth.session import LoggedIn
from personas.auth.token import sign_cookie
from personas.config.settings import Settings
from personas.state import current


def set_cookie(response: Response, logged_in: LoggedIn) -> None:
    """Set the cookie of a new session. It has no expiry, because the server ends the session."""
    value = sign_cookie(current(Settings), logged_in.session_id)
    response.set_cookie(COOKIE, value, httponly=True, samesite="Lax", secure=_is_secure())


def delete_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=_is_secure())


def _is_secure() -> bool:
    return current(Settings).is_production
