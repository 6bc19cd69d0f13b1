"""What a view declares: who may call it, what it takes, what it answers and raises.

It is declared once. The guard, the readers of bodies and queries, the view's answer and the
OpenAPI document all read the same `Operation`.
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
    """A response: its schema, None where it has no body, and what the document says of it."""

    schema: ma.Schema | None
    description: str
    example: object = None
    headers: Mapping[str, object] | None = None


@dataclass
class Operation:
    """What one view declares. `allows` is a word of the guard; None is closed to all. `tag` is
    its group in the document, unless that is its blueprint."""

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
        """The body and the query of the current request. Raises Invalid."""
        if self.body:
            yield load(self.body, g.body)
        if self.query:
            yield load(self.query, request.args.to_dict())


def operation_of(view: Callable[..., object]) -> Operation:
    """What a view declares; a view that declares nothing is closed to all."""
    operation: Operation = getattr(view, "operation", None) or Operation()
    return operation


def current_operation() -> Operation:
    """That of the view that the router has matched, so that router and guard cannot differ."""
    return operation_of(current_app.view_functions[str(request.endpoint)])


def declare(view: Callable[..., object]) -> Operation:
    """The operation of a view, to add to. Decorators hand it on, so their order does not matter."""
    operation: Operation = vars(view).setdefault("operation", Operation())
    return operation


def raises(*problems: type[Problem]) -> Callable[[View], View]:
    """Declare what can go wrong in a view, besides what can in every one."""

    def decorator(view: View) -> View:
        declare(view).raises = problems
        return view

    return decorator


class Blueprint(flask.Blueprint):
    """Flask's blueprint, with what its views take and answer."""

    @staticmethod
    def arguments(
        schema: type[ma.Schema], *, location: Literal["json", "query"] = "json"
    ) -> Callable[[View], View]:
        """Declare the schema of the body or the query. The view receives the body, then the query,
        then the parts of the path by their names."""
        loads = schema()  # once: a new one for each request would copy all its fields

        def decorator(view: View) -> View:
            if location == "json":
                declare(view).body = loads
            else:
                declare(view).query = loads
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
        """Declare the response of a view, and write it: what the view returns is the value, with
        another declared status or headers after it if need be, or a finished Response.

        `documented`, here and below, is `description`, `example` and `headers`.
        """

        def decorator(view: Callable[..., object]) -> Callable[..., Response]:
            operation = declare(view)
            operation.responses[status] = _declared(status, schema, **documented)
            operation.tag = tag

            @wraps(view)
            def respond(**path: str) -> Response:
                result = view(*operation.arguments(), **path)
                return _written(result, status, operation.responses)

            return respond

        return decorator

    @staticmethod
    def alt_response(
        status: int, schema: SchemaType | None = None, **documented: Any
    ) -> Callable[[View], View]:
        """Declare another response of a view, which then returns its status, too."""

        def decorator(view: View) -> View:
            declare(view).responses[status] = _declared(status, schema, **documented)
            return view

        return decorator


def _declared(
    status: int, schema: SchemaType | None, *, description: str = "", **documented: Any
) -> DeclaredResponse:
    instance = schema() if isinstance(schema, type) else schema
    return DeclaredResponse(instance, description or HTTPStatus(status).phrase, **documented)


def _written(result: object, status: int, responses: Mapping[int, DeclaredResponse]) -> Response:
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
