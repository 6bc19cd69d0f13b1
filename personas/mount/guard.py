"""Protect a host's views: find the account of a request, and check its role and tier."""

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
from personas.state import EXTENSION
from personas.user.stamp import ROLES, TIERS

P = ParamSpec("P")
R = TypeVar("R")


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Require a logged-in account, by access token or session cookie, for a view of the host.

    Raises werkzeug's errors, which the host's error handlers can handle: Unauthorized; Forbidden
    for an unsafe method with a cookie from another origin; ServiceUnavailable if the database
    is unavailable.
    """
    return requires()(view)


def requires(
    *bare: Never, role: str | None = None, tier: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Require an account with exactly this role and at least this tier for a view of the host.

    Raises ValueError immediately for an unknown role or tier; during a request, Forbidden and the
    errors of `login_required`.
    """
    if bare:
        raise TypeError("write @requires with parentheses: @requires(role=…, tier=…)")
    if role not in (None, *ROLES):
        raise ValueError(f"role={role!r} is unknown; use one of {', '.join(ROLES)}")
    if tier not in (None, *TIERS):
        raise ValueError(f"tier={tier!r} is unknown; use one of {', '.join(TIERS)}")

    def decorator(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            account = _account()
            if role and account.role != role:
                raise exceptions.Forbidden(f"This requires the role {role}.")
            if tier and TIERS.index(account.access_tier) < TIERS.index(tier):
                raise exceptions.Forbidden(f"This requires the tier {tier} or higher.")
            response: R = current_app.ensure_sync(view)(*args, **kwargs)
            return response

        return guarded

    return decorator


def current_account() -> Account | None:
    """The account of the current request; None where `login_required` would answer 401 or 403."""
    try:
        return _account()
    except (exceptions.Unauthorized, exceptions.Forbidden):
        return None


def _account() -> Account:
    """The account is read once per request, so a view sees the account that was checked. It is kept
    on the request: `g` may outlive it."""
    current_request: Any = request._get_current_object()  # type: ignore[attr-defined]  # a proxy's
    if not hasattr(current_request, "personas_account"):
        current_request.personas_account = _authenticate(current_request)
    account: Account = current_request.personas_account
    return account


def _authenticate(current_request: Request) -> Account:
    service: Flask | None = current_app.extensions.get(EXTENSION)
    if service is None:
        raise RuntimeError(
            "personas is not mounted in this application; mount it with Personas(app)"
        )
    try:
        with service.app_context():
            ensure_schema()
            user = authenticate(current_request).user
    except problems.Unauthorized as problem:
        bearer = WWWAuthenticate("bearer")
        raise exceptions.Unauthorized(problem.detail, www_authenticate=bearer) from None
    except problems.Forbidden as problem:
        raise exceptions.Forbidden(problem.detail) from None
    except (ConfigError, SQLAlchemyError) as error:
        service.logger.error("cannot read the account: %s", getattr(error, "orig", error))
        raise exceptions.ServiceUnavailable(problems.Unavailable().detail, retry_after=1) from None
    return Account.of(user)
