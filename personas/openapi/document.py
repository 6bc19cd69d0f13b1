"""The API's own document, OpenAPI 3.1: made of the routes and of what their views declare."""

import re
from collections.abc import Iterator
from inspect import getdoc
from typing import Any

from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from personas.http.fields import AN_ID, UUID
from personas.http.view import Operation, operation_of
from personas.openapi.operations import (
    SECURITY_SCHEMES,
    Json,
    ProblemSchema,
    responses,
    security,
)
from personas.openapi.shapes import OPENAPI_VERSION, Shapes, example

DESCRIPTION = (
    "Keeps the automatic test users of a product. Errors are `application/problem+json` "
    "(RFC 9457). Unknown keys in a body or query are refused, and so is `null`."
)
TAGS = {
    "accounts": "Sign up, log in, and what belongs to one's own account.",
    "personas": "What an admin does with personas.",
    "runner": "What the runner that plays personas asks and reports.",
    "users": "What an admin does with accounts.",
    "spaces": "Where people and personas work, alone and together.",
    "analytics": "What personas thought and did, in numbers.",
    "audit": "Who stamped, changed or deleted whom.",
    "keys": "The keys that verify an access token.",
    "health": "Whether the process is alive, and whether it can work.",
}
ID: Json = {
    "type": "string",
    "format": "uuid",
    "pattern": f"^{UUID.pattern}$",
    "examples": [AN_ID],
}
PATH_ID = re.compile(r"<id:(\w+)>")  # all that our paths hold besides words
WITHOUT_VIEW = {"HEAD", "OPTIONS"}  # Flask adds these


def document(app: Flask) -> Json:
    """The whole document but for `servers`, which depend on the request.

    Needs the context of the application: what some fields allow is a setting.
    """
    spec = APISpec("personas", "v1", OPENAPI_VERSION, [Shapes()], info={"description": DESCRIPTION})
    spec.components.schema("Problem", schema=ProblemSchema)
    for name, scheme in SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for name, description in TAGS.items():
        spec.tag({"name": name, "description": description})
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if operation_of(view).responses:
            _add_path(spec, rule, view)
    made: Json = spec.to_dict()
    for operation in _operations(made):
        _add_examples(operation, made["components"]["schemas"])
    return made


def _add_path(spec: APISpec, rule: Rule, view: Any) -> None:
    methods = (rule.methods or set()) - WITHOUT_VIEW
    spec.path(
        PATH_ID.sub(r"{\1}", rule.rule),
        operations={method.lower(): _operation(rule.endpoint, view, method) for method in methods},
        parameters=[
            {"in": "path", "name": name, "required": True, "schema": ID}
            for name in PATH_ID.findall(rule.rule)
        ],
    )


def _operation(endpoint: str, view: Any, method: str) -> Json:
    declared = operation_of(view)
    concept, name = endpoint.split(".")[1:]
    head, *tail = name.split("_")
    return {
        "operationId": head + "".join(word.title() for word in tail),
        "tags": [declared.tag or ("accounts" if concept == "auth" else concept)],
        "summary": getdoc(view),
        "security": security(declared),
        "responses": responses(declared, method, stores=concept != "health"),
        **_request(declared),
    }


def _request(declared: Operation) -> Json:
    """What a view takes, if anything."""
    request: Json = {}
    if declared.query:
        request["parameters"] = [{"in": "query", "schema": declared.query}]
    if declared.body:
        content = {"application/json": {"schema": declared.body}}
        request["requestBody"] = {"required": True, "content": content}
    return request


def _operations(made: Json) -> Iterator[Json]:
    for path in made["paths"].values():
        yield from (path[method] for method in path if method != "parameters")


def _add_examples(operation: Json, shapes: dict[str, Json]) -> None:
    """A request and an answer, each put together from the examples of its fields."""
    answers = [answer for code, answer in operation["responses"].items() if code != "default"]
    for body in (operation.get("requestBody", {}), *answers):
        for kind in body.get("content", {}).values():
            if not kind.keys() & {"example", "examples"}:
                kind["example"] = example(kind["schema"], shapes)
