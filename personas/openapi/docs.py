"""Serve the API's document."""

from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, request

from personas.auth.guard import ANYONE, allow
from personas.state import current

docs = Blueprint("docs", __name__)


class Document:
    """The document of one application, made when it is first requested."""

    def __init__(self) -> None:
        self._made: dict[str, Any] | None = None

    def of(self, app: Flask) -> dict[str, Any]:
        if self._made is None:
            # apispec is imported here, for the start: few processes ever serve the document
            from personas.openapi.document import document

            self._made = document(app)
        return self._made


@docs.get("/openapi.json")
@allow(ANYONE, needs_database=False)
def openapi_json() -> Response:
    """The document, with the prefix under which this application is mounted."""
    servers = {"servers": [{"url": request.root_path or "/"}]}
    text = json.dumps(current(Document).of(current_app) | servers)
    return Response(text, mimetype="application/json")
