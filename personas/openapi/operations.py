"""What a view declares, as the OpenAPI document's security and responses."""

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


def security(operation: Operation) -> list[Json]:
    """The credentials that the guard of a view takes: any one of them, or none at all."""
    return SECURITY[str(operation.allows)]


def responses(operation: Operation, method: str, *, stores: bool) -> dict[str, Json]:
    """The answers of a view by status: what it declares and what can go wrong, each error with
    its examples. `stores` says whether the view needs the database."""
    answers: dict[str, Json] = {}
    for name, status, detail in _problems(operation, method, stores=stores):
        answer = answers.setdefault(str(status.value), _answer(status.phrase))
        if status in HEADERS:
            answer["headers"] = HEADERS[status]
        content = answer["content"]["application/problem+json"]
        content.setdefault("examples", {})[name] = {"value": _example(status, detail)}
    answers["default"] = _answer("Any other error")
    declared = {str(status): _declared(said) for status, said in operation.responses.items()}
    return dict(sorted((answers | declared).items()))


def _declared(response: DeclaredResponse) -> Json:
    answer: Json = {"description": response.description}
    if response.schema is not None:
        answer["content"] = {"application/json": {"schema": response.schema}}
        if response.example is not None:
            answer["content"]["application/json"]["example"] = response.example
    if response.headers is not None:
        answer["headers"] = response.headers
    return answer


def _problems(
    operation: Operation, method: str, *, stores: bool
) -> Iterator[tuple[str, HTTPStatus, str | None]]:
    """Name, status and sentence of what can go wrong."""
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
    if stores:
        problems.append(StorageAway)
        if method not in SAFE_METHODS:
            problems.append(StorageFull)
    for problem in problems:
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
