"""Who may call a view. Each view says it; a view that says nothing is closed to all."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType

from flask import Request, g, request

from personas.auth import session
from personas.auth.session import Caller
from personas.config.settings import Settings
from personas.http.problems import Forbidden, Problem, Unauthorized
from personas.http.view import View, current_operation, declare
from personas.state import current

COOKIE = "personas_session"
ANYONE = "anyone"
ACCOUNT = "account"
ADMIN = "admin"
RUNNER = "runner"
MONITOR = "monitor"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class WrongRole(Forbidden):
    """This takes an admin."""


class CrossSite(Forbidden):
    """A request by cookie must come from our own pages."""


class WrongServiceKey(Unauthorized):
    """The header X-Service-Key is missing or wrong."""

    headers: Mapping[str, str] = MappingProxyType({"WWW-Authenticate": "X-Service-Key"})


class Closed(Forbidden):
    """This is open to nobody."""


def allow(who: str, *, needs_database: bool = True) -> Callable[[View], View]:
    """Declare who may call a view: ANYONE, ACCOUNT (a logged-in account), ADMIN, RUNNER (a client
    with a valid service key), or MONITOR (the same in production, elsewhere anyone). A page takes
    the first three.

    A view that needs no database is answered without it, too.
    """

    def decorator(view: View) -> View:
        operation = declare(view)
        operation.allows, operation.needs_database = who, needs_database
        return view

    return decorator


def check_access() -> None:
    """Let the current request through to its view, or raise Unauthorized or Forbidden.

    It reads what the matched view declares, so that guard and router cannot differ.
    """
    who = current_operation().allows
    if who == ANYONE or request.method == "OPTIONS":
        return
    if who in (RUNNER, MONITOR):
        is_open = who == MONITOR and not current(Settings).is_production
        if not is_open and not has_service_key():
            raise WrongServiceKey
        return
    if who not in (ACCOUNT, ADMIN):
        raise Closed
    g.caller = authenticate(request)
    if who == ADMIN and g.caller.user.role != ADMIN:
        raise WrongRole


def needs_database() -> bool:
    """Whether the view that the router has matched declares so, or declares nothing."""
    return current_operation().needs_database


def caller() -> Caller:
    """Who the guard has let in."""
    found: Caller = g.caller
    return found


def authenticate(asked: Request) -> Caller:
    """Who asks, by Bearer, else by cookie; it may be another application that was asked.

    Raises Unauthorized, CrossSite.
    """
    scheme, _, credential = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return session.caller_by_token(credential.strip())
    if cookie := asked.cookies.get(COOKIE):
        found = session.caller_by_cookie(cookie)
        if asked.method not in SAFE_METHODS and not is_same_origin(asked):
            raise CrossSite
        return found
    raise Unauthorized


def is_same_origin(asked: Request) -> bool:
    """Whether a browser says that a page of ours sent the request (contract, section 2)."""
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return asked.headers.get("Origin", "").lower() == current(Settings).origin


def has_service_key() -> bool:
    """Whether the request at work shows a service key. Takes the same time for every wrong one.

    WSGI hands headers over as Latin-1; a server that does not shows no key of ours.
    """
    shown = _digest(request.headers.get("X-Service-Key", "").encode("latin-1", "replace"))
    keys = [_digest(key.encode()) for key in current(Settings).service_keys]
    matches = [hmac.compare_digest(shown, key) for key in keys]
    return any(matches)


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def is_trusted() -> bool:
    """Whether an admin or a service key asks: they are never limited (contract, section 2)."""
    if "X-Service-Key" in request.headers and has_service_key():
        return True
    if "Authorization" not in request.headers:
        return False
    try:
        return authenticate(request).user.role == ADMIN
    except Problem:
        return False
