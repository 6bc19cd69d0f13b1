"""Access control: each view declares who may call it; a view without `allow` is closed."""

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
    """Only admins may do this."""


class CrossSite(Forbidden):
    """A request with a session cookie must come from the same origin."""


class WrongServiceKey(Unauthorized):
    """The header X-Service-Key is missing or wrong."""

    headers: Mapping[str, str] = MappingProxyType({"WWW-Authenticate": "X-Service-Key"})


class NoAccessRule(Forbidden):
    """Nobody may call this: it has no access rule."""


def allow(who: str, *, needs_database: bool = True) -> Callable[[View], View]:
    """Declare who may call a view: ANYONE, ACCOUNT (a logged-in account), ADMIN, RUNNER (a client
    with a valid service key), or MONITOR (the same in production, anyone elsewhere). Pages use only
    the first three.

    A view with `needs_database=False` is called even if the database is not available.
    """

    def decorator(view: View) -> View:
        operation = declare(view)
        operation.allows, operation.needs_database = who, needs_database
        return view

    return decorator


def check_access() -> None:
    """Let the current request through to its view, or raise Unauthorized or Forbidden.

    The rule is read from the view that the router has matched, so that the two cannot differ.
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
        raise NoAccessRule
    g.caller = authenticate(request)
    if who == ADMIN and g.caller.user.role != ADMIN:
        raise WrongRole


def needs_database() -> bool:
    """Whether the matched view needs the database: it does unless it declares otherwise."""
    return current_operation().needs_database


def caller() -> Caller:
    """The account and session of the current request, set by `check_access`."""
    current_caller: Caller = g.caller
    return current_caller


def authenticate(incoming: Request) -> Caller:
    """Identify the caller by Bearer token, else by session cookie. The request may be one of
    another application.

    Raises Unauthorized, CrossSite.
    """
    scheme, _, credential = incoming.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return session.caller_by_token(credential.strip())
    if cookie := incoming.cookies.get(COOKIE):
        cookie_caller = session.caller_by_cookie(cookie)
        if incoming.method not in SAFE_METHODS and not is_same_origin(incoming):
            raise CrossSite
        return cookie_caller
    raise Unauthorized


def is_same_origin(incoming: Request) -> bool:
    """Whether the browser's headers show that the request is from the same origin (contract,
    section 2)."""
    site = incoming.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return incoming.headers.get("Origin", "").lower() == current(Settings).origin


def has_service_key() -> bool:
    """Whether the current request has a valid service key. Every wrong key takes the same time.

    WSGI decodes headers as Latin-1; other characters cannot be part of a valid key.
    """
    sent = _digest(request.headers.get("X-Service-Key", "").encode("latin-1", "replace"))
    keys = [_digest(key.encode()) for key in current(Settings).service_keys]
    matches = [hmac.compare_digest(sent, key) for key in keys]
    return any(matches)


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def is_trusted() -> bool:
    """Whether the caller is an admin or has a service key: both are exempt from rate limits
    (contract, section 2)."""
    if "X-Service-Key" in request.headers and has_service_key():
        return True
    if "Authorization" not in request.headers:
        return False
    try:
        return authenticate(request).user.role == ADMIN
    except Problem:
        return False
