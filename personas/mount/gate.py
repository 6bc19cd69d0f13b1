"""What the views of a host may ask: who is it, and may they come in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Never, ParamSpec, TypeVar

from flask import Flask, Request, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import exceptions
from werkzeug.datastructures import WWWAuthenticate

from personas.auth.guard import authenticate
from personas.config.settings import ConfigError
from personas.database.schema import ensure_schema
from personas.http import problems
from personas.mount.account import Account
from personas.user.stamp import ROLES, TIERS

P = ParamSpec("P")
R = TypeVar("R")


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let a view of the host answer only those who are logged in, by Bearer or cookie.

    Raises what the host's own error handlers know: werkzeug's Unauthorized; Forbidden for an
    unsafe method by cookie from another origin; ServiceUnavailable without the database.
    """
    return requires()(view)


def requires(
    *bare: Never, role: str | None = None, tier: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view of the host answer only accounts of exactly this role and at least this tier.

    Raises ValueError at once for a word that is none; when asked, what `login_required` raises,
    and Forbidden.
    """
    if bare:
        raise TypeError("@requires takes parentheses: @requires(role=…, tier=…)")
    if role not in (None, *ROLES):
        raise ValueError(f"role={role!r}: it is one of {', '.join(ROLES)}")
    if tier not in (None, *TIERS):
        raise ValueError(f"tier={tier!r}: it is one of {', '.join(TIERS)}")

    def decorator(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            account = _account()
            if role and account.role != role:
                raise exceptions.Forbidden(f"This takes the role {role}.")
            if tier and TIERS.index(account.access_tier) < TIERS.index(tier):
                raise exceptions.Forbidden(f"This takes the tier {tier}.")
            answer: R = current_app.ensure_sync(view)(*args, **kwargs)
            return answer

        return guarded

    return decorator


def current_account() -> Account | None:
    """Who asks the host; None wherever `login_required` would answer 401 or 403."""
    try:
        return _account()
    except (exceptions.Unauthorized, exceptions.Forbidden):
        return None


def _account() -> Account:
    """The account is read once a request, so that a view sees the one that it was opened for. It
    is kept on the request: `g` may outlive it."""
    asked: Any = request._get_current_object()  # type: ignore[attr-defined]  # a proxy's
    if not hasattr(asked, "personas_account"):
        asked.personas_account = _look_up(asked)
    found: Account = asked.personas_account
    return found


def _look_up(asked: Request) -> Account:
    service: Flask | None = current_app.extensions.get("personas")
    if service is None:
        raise RuntimeError("personas is not mounted in this application: Personas(app)")
    try:
        with service.app_context():
            ensure_schema()
            user = authenticate(asked).user
    except problems.Unauthorized as problem:
        bearer = WWWAuthenticate("bearer")
        raise exceptions.Unauthorized(problem.detail, www_authenticate=bearer) from None
    except problems.Forbidden as problem:
        raise exceptions.Forbidden(problem.detail) from None
    except (ConfigError, SQLAlchemyError) as error:
        service.logger.error("no account can be read: %s", getattr(error, "orig", error))
        raise exceptions.ServiceUnavailable(problems.Unavailable().detail, retry_after=1) from None
    return Account.of(user)
