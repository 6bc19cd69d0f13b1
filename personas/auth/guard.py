"""Access control: each view says who may call it; without `allow`, nobody may."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from flask import Request, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from personas.auth import session
from personas.auth.session import BadCredential, Caller
from personas.config.settings import Settings
from personas.http.problems import Forbidden, Problem, Unauthorized
from personas.state import current

View = TypeVar("View", bound=Callable[..., object])

COOKIE = "personas_session"
ANYONE = "anyone"
ACCOUNT = "account"
BROWSER = "browser"
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
    """Say who may call a view: ANYONE, ACCOUNT (a logged-in account), BROWSER (the same by cookie
    alone; others are sent to the login page), ADMIN, RUNNER (a client with a service key), or
    MONITOR (the same in production, anyone elsewhere).

    A view with `needs_database=False` is called even if the database is not available.
    """

    def decorator(view: View) -> View:
        view.allows = who  # type: ignore[attr-defined]  # functions take attributes
        view.needs_database = needs_database  # type: ignore[attr-defined]  # as above
        return view

    return decorator


def check_access() -> Response | None:
    """Let the current request through to its view, or raise Unauthorized or Forbidden; a browser
    that is not logged in is redirected to the login page.

    The rule is read from the view that the router has matched, so that the two cannot differ.
    """
    who = getattr(_view(), "allows", None)
    if who == ANYONE or request.method == "OPTIONS":
        return None
    if who in (RUNNER, MONITOR):
        is_open = who == MONITOR and not current(Settings).is_production
        if not is_open and not has_service_key():
            raise WrongServiceKey
        return None
    if who == BROWSER:
        return _check_browser()
    if who not in (ACCOUNT, ADMIN):
        raise NoAccessRule
    g.caller = authenticate(request)
    if who == ADMIN and g.caller.user.role != ADMIN:
        raise WrongRole
    return None


def needs_database() -> bool:
    """Whether the matched view needs the database: it does unless it says otherwise."""
    return bool(getattr(_view(), "needs_database", True))


def _view() -> Callable[..., object]:
    return current_app.view_functions[str(request.endpoint)]


def _check_browser() -> Response | None:
    try:
        g.caller = session.caller_by_cookie(request.cookies.get(COOKIE, ""))
    except BadCredential:
        return redirect(url_for("personas.pages.login"))
    return None


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
        if incoming.method not in SAFE_METHODS and not _is_same_origin(incoming):
            raise CrossSite
        return cookie_caller
    raise Unauthorized


def _is_same_origin(incoming: Request) -> bool:
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
