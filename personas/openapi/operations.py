"""What a view says of itself (`allow`, `raises`, whether it takes a body), as the OpenAPI
document's security and errors: said once, and true of both."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import marshmallow as ma
from werkzeug.exceptions import RequestEntityTooLarge

from personas.auth.guard import (
    ACCOUNT,
    ADMIN,
    ANYONE,
    COOKIE,
    RUNNER,
    SAFE_METHODS,
    CrossSite,
    WrongRole,
    WrongServiceKey,
)
from personas.http.body import WITHOUT_BODY
from personas.http.problems import (
    Invalid,
    Malformed,
    Problem,
    StorageAway,
    StorageFull,
    Unauthorized,
    UnsupportedMediaType,
)

View = TypeVar("View", bound=Callable[..., object])
Json = dict[str, Any]

SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "A browser's session. Unsafe methods must come from our own origin.",
    },
    "serviceKey": {"type": "apiKey", "in": "header", "name": "X-Service-Key"},
}
LOGGED_IN: list[Json] = [{"bearer": []}, {"cookie": []}]
SECURITY: dict[str, list[Json]] = {
    ANYONE: [],
    ACCOUNT: LOGGED_IN,
    ADMIN: LOGGED_IN,
    RUNNER: [{"serviceKey": []}],
}

AGAIN: Json = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"enum": ["Bearer", "X-Service-Key"]}}},
    429: AGAIN,
    503: AGAIN,
}


class ProblemSchema(ma.Schema):
    """An error (RFC 9457)."""

    class Meta:
        unknown = ma.RAISE

    type = ma.fields.String(required=True, validate=ma.validate.Equal("about:blank"))
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True, validate=ma.validate.Range(400, 599))
    detail = ma.fields.String(required=True)
    errors = ma.fields.Dict(
        values=ma.fields.List(ma.fields.String()),
        metadata={"description": "The path of a field (`moduleMix.todo`), and what is wrong."},
    )


def raises(*problems: type[Problem]) -> Callable[[View], View]:
    """Say what can go wrong in a view, besides what can in every one."""

    def decorator(view: View) -> View:
        view.raises = problems  # type: ignore[attr-defined]  # functions take attributes
        return view

    return decorator


def security(view: Any) -> list[Json]:
    """The credentials that the guard of a view takes: any one of them, or none at all."""
    return SECURITY[view.allows]


def errors(view: Any, method: str, *, stores: bool) -> dict[str, Json]:
    """The error answers of a view by status, each with its examples. `stores` says whether it
    needs the database."""
    answers: dict[str, Json] = {}
    for name, status, detail in _problems(view, method, stores=stores):
        answer = answers.setdefault(str(status.value), _answer(status.phrase))
        if status in HEADERS:
            answer["headers"] = HEADERS[status]
        content = answer["content"]["application/problem+json"]
        content.setdefault("examples", {})[name] = {"value": _example(status, detail)}
    return answers | {"default": _answer("Any other error")}


def _problems(
    view: Any, method: str, *, stores: bool
) -> Iterator[tuple[str, HTTPStatus, str | None]]:
    """Name, status and sentence of what can go wrong."""
    found: list[type[Problem]] = [*getattr(view, "raises", ()), Invalid]
    if view.allows == RUNNER:
        found.append(WrongServiceKey)
    elif view.allows != ANYONE:
        found.append(Unauthorized)
        if method not in SAFE_METHODS:
            found.append(CrossSite)
    if view.allows == ADMIN:
        found.append(WrongRole)
    if method not in WITHOUT_BODY:
        found += [Malformed, UnsupportedMediaType]
        yield "TooLarge", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, RequestEntityTooLarge.description
    if stores:
        found.append(StorageAway)
        if method not in SAFE_METHODS:
            found.append(StorageFull)
    for problem in found:
        yield problem.__name__, problem.status, " ".join((problem.__doc__ or "").split())


def _answer(description: str) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _example(status: HTTPStatus, detail: str | None) -> Mapping[str, object]:
    said = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if status == Invalid.status:
        wrong = {"errors": {"email": ["Not a valid e-mail address."]}}
        return said | {"detail": "Some values are invalid."} | wrong
    return said | {"detail": detail}
