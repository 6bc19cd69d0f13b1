"""The declaration of a view: who may call it, its body, query, responses and errors.

Each view is declared once. The guard, the body and query readers, the response and the OpenAPI
document all read the same `Operation`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from http import HTTPStatus
from typing import Any, Literal, TypeVar

import flask
import marshmallow as ma
from flask import Response, current_app, g, jsonify, request

from personas.http.problems import Problem
from personas.http.validation import load

View = TypeVar("View", bound=Callable[..., object])
SchemaType = ma.Schema | type[ma.Schema]


@dataclass(frozen=True)
class DeclaredResponse:
    """A response: its schema (None: no body), and its description in the OpenAPI document."""

    schema: ma.Schema | None
    description: str
    example: object = None
    headers: Mapping[str, object] | None = None


@dataclass
class Operation:
    """The declaration of one view. `allows` is one of the guard's constants; None closes the view
    to everyone. `tag` is its group in the OpenAPI document, by default that of its blueprint."""

    allows: str | None = None
    needs_database: bool = True
    body: ma.Schema | None = None
    query: ma.Schema | None = None
    responses: dict[int, DeclaredResponse] = field(default_factory=dict)
    raises: tuple[type[Problem], ...] = ()
    tag: str | None = None

    @cached_property
    def query_names(self) -> frozenset[str]:
        fields = self.query.fields.items() if self.query else ()
        return frozenset(field.data_key or name for name, field in fields)

    def arguments(self) -> Iterator[dict[str, Any]]:
        """Yield the loaded body, then the loaded query of the current request. Raises Invalid."""
        if self.body:
            yield load(self.body, g.body)
        if self.query:
            yield load(self.query, request.args.to_dict())


def operation_of(view: Callable[..., object]) -> Operation:
    """Return the declaration of a view; a view without one is closed to everyone."""
    operation: Operation = getattr(view, "operation", None) or Operation()
    return operation


def current_operation() -> Operation:
    """Return the declaration of the view that the router has matched."""
    return operation_of(current_app.view_functions[str(request.endpoint)])


def declare(view: Callable[..., object]) -> Operation:
    """Return the declaration of a view, to add to it. `wraps` copies it to the decorated view, so
    the order of the decorators does not matter."""
    operation: Operation = vars(view).setdefault("operation", Operation())
    return operation


def raises(*problems: type[Problem]) -> Callable[[View], View]:
    """Declare the errors of a view, besides those that every view can have."""

    def decorator(view: View) -> View:
        declare(view).raises = problems
        return view

    return decorator


class Blueprint(flask.Blueprint):
    """Flask's blueprint, with decorators that declare the body, query and responses of a view."""

    @staticmethod
    def arguments(
        schema: type[ma.Schema], *, location: Literal["json", "query"] = "json"
    ) -> Callable[[View], View]:
        """Declare the schema of the body or the query. The view receives the body, then the query,
        then the parts of the path by their names."""
        instance = schema()  # once: a new one for each request would copy all its fields

        def decorator(view: View) -> View:
            if location == "json":
                declare(view).body = instance
            else:
                declare(view).query = instance
            return view

        return decorator

    @staticmethod
    def response(
        status: int,
        schema: SchemaType | None = None,
        *,
        tag: str | None = None,
        **documented: Any,
    ) -> Callable[[Callable[..., object]], Callable[..., Response]]:
        """Declare the response of a view, and write it from what the view returns: a value, a tuple
        of a value and another declared status or headers or both, or a Response.

        `documented`, here and below, is `description`, `example` and `headers`.
        """

        def decorator(view: Callable[..., object]) -> Callable[..., Response]:
            operation = declare(view)
            operation.responses[status] = _declared(status, schema, **documented)
            operation.tag = tag

            @wraps(view)
            def respond(**path: str) -> Response:
                result = view(*operation.arguments(), **path)
                return _to_response(result, status, operation.responses)

            return respond

        return decorator

    @staticmethod
    def alt_response(
        status: int, schema: SchemaType | None = None, **documented: Any
    ) -> Callable[[View], View]:
        """Declare another response of a view; to choose it, the view returns its status, too."""

        def decorator(view: View) -> View:
            declare(view).responses[status] = _declared(status, schema, **documented)
            return view

        return decorator


def _declared(
    status: int, schema: SchemaType | None, *, description: str = "", **documented: Any
) -> DeclaredResponse:
    instance = schema() if isinstance(schema, type) else schema
    return DeclaredResponse(instance, description or HTTPStatus(status).phrase, **documented)


def _to_response(
    result: object, status: int, responses: Mapping[int, DeclaredResponse]
) -> Response:
    """A value, (value, status), (value, headers) or (value, status, headers) as a response."""
    if isinstance(result, Response):
        return result
    # exactly a tuple: a named tuple is a value
    value, *rest = result if type(result) is tuple else (result,)
    status = next((part for part in rest if isinstance(part, int)), status)
    schema = responses[status].schema
    response = jsonify(value if schema is None else schema.dump(value))
    response.status_code = status
    for headers in (part for part in rest if isinstance(part, Mapping)):
        response.headers.extend(headers)
    return response
