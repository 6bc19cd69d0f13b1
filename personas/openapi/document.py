"""The API's own document, OpenAPI 3.1."""

from copy import deepcopy
from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, request
from flask_smorest import Api as SmorestApi
from flask_smorest.spec.plugins import FlaskPlugin

from personas.auth.guard import ANYONE, allow
from personas.http.fields import AN_ID, UUID
from personas.openapi.operations import SECURITY_SCHEMES, Json, ProblemSchema, errors, security
from personas.openapi.shapes import OPENAPI_VERSION, Shapes, example
from personas.state import NAME, current, state_of

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

# Flask's own blueprint: the document does not hold itself
docs = Blueprint("docs", __name__)


class Api(SmorestApi):
    """flask-smorest, which writes down the paths and their shapes, with shapes of our own."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        app.config.update(API_TITLE="personas", API_VERSION="v1", OPENAPI_VERSION=OPENAPI_VERSION)
        super().__init__(app, spec_kwargs={"marshmallow_plugin": Shapes()})
        self.register_converter(app.url_map.converters["id"], lambda _converter: ID)

    def _register_pagination_header(self) -> None:
        """We page in the body."""

    def register_blueprint(self, blueprint: Any, **options: Any) -> None:
        with self._app.app_context():  # what some fields allow is a setting
            super().register_blueprint(blueprint, **options)


class Document:
    """The document of one application, made when it is first asked for."""

    def __init__(self) -> None:
        self._made: Json | None = None

    def of(self, app: Flask) -> Json:
        if self._made is None:
            self._made = document(app)
        return self._made


@docs.get("/openapi.json")
@allow(ANYONE, needs_database=False)
def openapi_json() -> Response:
    """The document, with the prefix under which this application is mounted."""
    servers = {"servers": [{"url": request.root_path or "/"}]}
    text = json.dumps(current(Document).of(current_app) | servers)
    return Response(text, mimetype="application/json")


def document(app: Flask) -> Json:
    """The whole document but for `servers`, which depend on the request."""
    found: Json = _paths(app)
    shapes = found["components"]["schemas"]
    for rule in app.url_map.iter_rules():
        operations = found["paths"].get(FlaskPlugin.flaskpath2openapi(rule.rule), {})
        for method in rule.methods or ():
            if operation := operations.get(method.lower()):
                _complete(operation, rule.endpoint, app.view_functions[rule.endpoint], method)
                _add_examples(operation, shapes)
    found["info"]["description"] = DESCRIPTION
    found["components"] = {"schemas": shapes, "securitySchemes": SECURITY_SCHEMES}
    found["tags"] = [{"name": name, "description": said} for name, said in TAGS.items()]
    return found


def _paths(app: Flask) -> Json:
    """What flask-smorest writes down of our blueprint, on an application made for that alone: it
    takes longer than all the rest of a start, and few processes are ever asked for it."""
    scratch = Flask(app.import_name, static_folder=None)
    scratch.url_map.converters = app.url_map.converters
    scratch.extensions[NAME] = state_of(app)
    api = Api(scratch)
    api.register_blueprint(app.blueprints["personas"])
    return deepcopy(api.spec.to_dict())


def _complete(operation: Json, endpoint: str, view: Any, method: str) -> None:
    """Add what flask-smorest cannot know: names, credentials, errors."""
    concept, name = endpoint.split(".")[1:]
    head, *tail = name.split("_")
    operation["operationId"] = head + "".join(word.title() for word in tail)
    if operation["tags"] == ["personas"]:  # the outermost blueprint, not a tag
        operation["tags"] = ["accounts" if concept == "auth" else concept]
    operation["security"] = security(view)
    answers = operation["responses"]
    said = {code: answers[code] for code in answers if code not in ("422", "default")}
    problems = errors(view, method, stores=concept != "health") | said
    operation["responses"] = dict(sorted(problems.items()))


def _add_examples(operation: Json, shapes: dict[str, Json]) -> None:
    """A request and an answer, each put together from the examples of its fields."""
    answers = [answer for code, answer in operation["responses"].items() if code != "default"]
    for body in (operation.get("requestBody", {}), *answers):
        for kind in body.get("content", {}).values():
            if not kind.keys() & {"example", "examples"}:
                kind["example"] = example(kind["schema"], shapes)
