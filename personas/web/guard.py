"""Access control of the pages. Each page declares with `allow` who may open it.

Only the session cookie is accepted here, never a token or a key.
"""

from urllib.parse import quote, unquote

from flask import redirect, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from personas.auth import session
from personas.auth.guard import (
    ACCOUNT,
    ADMIN,
    ANYONE,
    COOKIE,
    SAFE_METHODS,
    CrossSite,
    NoAccessRule,
    WrongRole,
    is_same_origin,
)
from personas.auth.session import BadCredential, Caller
from personas.config.settings import ConfigError
from personas.http.fields import CONTROL
from personas.http.view import current_operation

VISITOR = "personas.visitor"  # in the request's environ: `g` may outlive a request


def check_page() -> Response | None:
    """Let the current request through to its page, or send it to the login page.

    Raises NoAccessRule, WrongRole, and CrossSite for an unsafe method from another origin, with or
    without a cookie: a page of another site must not log a browser in either.
    """
    who = current_operation().allows
    if who not in (ANYONE, ACCOUNT, ADMIN):
        raise NoAccessRule
    if request.method not in SAFE_METHODS and not is_same_origin(request):
        raise CrossSite("A form must be sent from a page of this service.")
    if who == ANYONE or request.method == "OPTIONS":
        return None
    caller = visitor()
    if caller is None:
        return redirect(_login_path(), 303)
    if who == ADMIN and caller.user.role != ADMIN:
        raise WrongRole
    return None


def visitor() -> Caller | None:
    """Return the logged-in account and its session, or None. They are read once per request."""
    if VISITOR not in request.environ:
        remember_visitor(_read_visitor())
    caller: Caller | None = request.environ[VISITOR]
    return caller


def known_visitor() -> Caller | None:
    """Like `visitor`, but None if the database is unavailable: for pages that work without it."""
    try:
        return visitor()
    except (ConfigError, SQLAlchemyError):
        return None


def remember_visitor(caller: Caller | None) -> None:
    """Set who is logged in for the rest of the current request."""
    request.environ[VISITOR] = caller


def _read_visitor() -> Caller | None:
    cookie = request.cookies.get(COOKIE)
    try:
        return session.caller_by_cookie(cookie) if cookie else None
    except BadCredential:
        return None


def _login_path() -> str:
    if request.method not in ("GET", "HEAD"):
        return url_for("web.login")
    path = quote(request.root_path + request.path)
    query = request.query_string.decode("latin-1")
    return url_for("web.login", next=f"{path}?{query}" if query else path)


def next_path() -> str | None:
    """Return the path in `?next=` if it is one below our own prefix."""
    path = request.args.get("next", "")
    return path if _is_ours(path) else None


def _is_ours(path: str) -> bool:
    """Whether a path is below our own prefix. Browsers read a backslash as a slash, drop control
    characters, and resolve `..` and `%2e%2e` (WHATWG URL Standard, 4.4)."""
    if not path.startswith(f"{request.root_path}/") or path.startswith("//"):
        return False
    if "\\" in path or CONTROL.search(path):
        return False
    segments = unquote(path.partition("?")[0].partition("#")[0]).split("/")
    return ".." not in segments
