"""Translate the declaration of a view to the security and responses of an OpenAPI operation."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

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
from personas.http.view import DeclaredResponse, Operation

Json = dict[str, Any]

SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "A browser's session. Unsafe methods must come from the same origin.",
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

RETRY_AFTER: Json = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"enum": ["Bearer", "X-Service-Key"]}}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
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
        metadata={"description": "Maps the path of a field (`moduleMix.todo`) to its messages."},
    )


def security(operation: Operation) -> list[Json]:
    """Return the credentials that a view accepts, any one of them; empty if it needs none."""
    return SECURITY[str(operation.allows)]


def responses(operation: Operation, method: str, *, uses_database: bool) -> dict[str, Json]:
    """Return the responses of a view by status: those it declares, and its errors with examples."""
    errors: dict[str, Json] = {}
    for name, status, detail in _problems(operation, method, uses_database=uses_database):
        error = errors.setdefault(str(status.value), _error(status.phrase))
        if status in HEADERS:
            error["headers"] = HEADERS[status]
        content = error["content"]["application/problem+json"]
        content.setdefault("examples", {})[name] = {"value": _example(status, detail)}
    errors["default"] = _error("Any other error")
    declared = {str(status): _declared(body) for status, body in operation.responses.items()}
    return dict(sorted((errors | declared).items()))


def _declared(response: DeclaredResponse) -> Json:
    result: Json = {"description": response.description}
    if response.schema is not None:
        result["content"] = {"application/json": {"schema": response.schema}}
        if response.example is not None:
            result["content"]["application/json"]["example"] = response.example
    if response.headers is not None:
        result["headers"] = response.headers
    return result


def _problems(
    operation: Operation, method: str, *, uses_database: bool
) -> Iterator[tuple[str, HTTPStatus, str | None]]:
    """Yield the name, status and detail of each error that a view can answer."""
    problems: list[type[Problem]] = [*operation.raises, Invalid]
    if operation.allows == RUNNER:
        problems.append(WrongServiceKey)
    elif operation.allows != ANYONE:
        problems.append(Unauthorized)
        if method not in SAFE_METHODS:
            problems.append(CrossSite)
    if operation.allows == ADMIN:
        problems.append(WrongRole)
    if method not in WITHOUT_BODY:
        problems += [Malformed, UnsupportedMediaType]
        yield "TooLarge", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, RequestEntityTooLarge.description
    if uses_database:
        problems.append(StorageAway)
        if method not in SAFE_METHODS:
            problems.append(StorageFull)
    for problem in problems:
        yield problem.__name__, problem.status, problem.default_detail()


def _error(description: str) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


def _example(status: HTTPStatus, detail: str | None) -> Mapping[str, object]:
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if status == Invalid.status:
        errors = {"email": ["Not a valid e-mail address."]}
        return problem | {"detail": "Some values are invalid.", "errors": errors}
    return problem | {"detail": detail}
