"""Generate the OpenAPI 3.1 document from the routes and the declarations of their views."""

import re
from collections.abc import Iterator
from inspect import getdoc
from typing import Any

from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from personas.http.fields import AN_ID, UUID
from personas.http.view import Operation, operation_of
from personas.openapi.json_schema import OPENAPI_VERSION, SchemaPlugin, example
from personas.openapi.operations import (
    SECURITY_SCHEMES,
    Json,
    ProblemSchema,
    responses,
    security,
)

DESCRIPTION = (
    "Keeps the automatic test users of a product. Errors are `application/problem+json` "
    "(RFC 9457). Unknown keys in a body or query are refused, and so is `null`."
)
TAGS = {
    "accounts": "Sign up, log in, and manage your own account.",
    "personas": "Personas, managed by admins.",
    "runner": "For the runner: which personas are due, and what they did.",
    "users": "Accounts, managed by admins.",
    "spaces": "Spaces, in which people and personas work alone or together.",
    "analytics": "Statistics of ratings and tool calls, for admins.",
    "audit": "Who changed what, and when, for admins.",
    "keys": "The public keys that verify access tokens.",
    "health": "Whether the process is alive, and whether the database is ready.",
}
ID: Json = {
    "type": "string",
    "format": "uuid",
    "pattern": f"^{UUID.pattern}$",
    "examples": [AN_ID],
}
PATH_ID = re.compile(r"<id:(\w+)>")  # our paths have no other parameters
WITHOUT_VIEW = {"HEAD", "OPTIONS"}  # Flask adds these


def document(app: Flask) -> Json:
    """Return the whole document except `servers`, which depends on the request.

    Call it in the context of `app`: some fields depend on its settings.
    """
    spec = APISpec(
        "personas", "v1", OPENAPI_VERSION, [SchemaPlugin()], info={"description": DESCRIPTION}
    )
    spec.components.schema("Problem", schema=ProblemSchema)
    for name, scheme in SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for name, description in TAGS.items():
        spec.tag({"name": name, "description": description})
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if operation_of(view).responses:
            _add_path(spec, rule, view)
    result: Json = spec.to_dict()
    for operation in _operations(result):
        _add_examples(operation, result["components"]["schemas"])
    return result


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
        "responses": responses(declared, method, uses_database=concept != "health"),
        **_request(declared),
    }


def _request(declared: Operation) -> Json:
    """The query parameters and the body of a view, if it has any."""
    request: Json = {}
    if declared.query:
        request["parameters"] = [{"in": "query", "schema": declared.query}]
    if declared.body:
        content = {"application/json": {"schema": declared.body}}
        request["requestBody"] = {"required": True, "content": content}
    return request


def _operations(document: Json) -> Iterator[Json]:
    for path in document["paths"].values():
        yield from (path[method] for method in path if method != "parameters")


def _add_examples(operation: Json, schemas: dict[str, Json]) -> None:
    """Add an example to each body that has none, composed of the examples of its fields."""
    bodies = [body for code, body in operation["responses"].items() if code != "default"]
    for body in (operation.get("requestBody", {}), *bodies):
        for content in body.get("content", {}).values():
            if not content.keys() & {"example", "examples"}:
                content["example"] = example(content["schema"], schemas)
