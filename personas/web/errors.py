"""Errors as pages for browsers, and as problem documents for all other clients."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, render_template, request

from personas.http.problems import Errors, problem_document
from personas.web.guard import VISITOR

API_PATHS = ("/api/", "/.well-known/")
HTML = "text/html"


def write_error(
    status: HTTPStatus, detail: str, headers: Mapping[str, str], errors: Errors
) -> Response:
    """Write an error as a page or as `application/problem+json`, as the client prefers."""
    if not _wants_page():
        return problem_document(status, detail, headers, errors)
    if status >= 500:
        request.environ.setdefault(VISITOR, None)  # do not read it: the database may have failed
    page = render_template("error.html", status=status, detail=detail, errors=errors)
    return Response(page, status, dict(headers), mimetype=HTML)


def _wants_page() -> bool:
    """Whether `Accept` names HTML (`*/*` does not) and the path is not one of the API."""
    if request.path.startswith(API_PATHS):
        return False
    accepted = ((name.partition(";")[0], quality) for name, quality in request.accept_mimetypes)
    return any(name.strip().lower() == HTML and quality > 0 for name, quality in accepted)
