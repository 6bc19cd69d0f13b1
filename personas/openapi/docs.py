"""Serve the OpenAPI document."""

from typing import Any

from flask import Blueprint, Flask, Response, current_app, json, request

from personas.auth.guard import ANYONE, allow
from personas.state import current

docs = Blueprint("docs", __name__)


class Document:
    """The OpenAPI document of one application, generated when it is first requested."""

    def __init__(self) -> None:
        self._document: dict[str, Any] | None = None

    def get(self, app: Flask) -> dict[str, Any]:
        if self._document is None:
            # imports apispec, which would slow down the start; few processes serve the document
            from personas.openapi.document import document

            self._document = document(app)
        return self._document


@docs.get("/openapi.json")
@allow(ANYONE, needs_database=False)
def openapi_json() -> Response:
    """The document; its server is the prefix at which this application is mounted."""
    servers = {"servers": [{"url": request.root_path or "/"}]}
    text = json.dumps(current(Document).get(current_app) | servers)
    return Response(text, mimetype="application/json")
