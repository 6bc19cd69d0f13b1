"""Errors as pages for browsers, and as problem documents for everybody else."""

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
    """An error as the client reads it best: a page, or `application/problem+json`."""
    if not _wants_page():
        return problem_document(status, detail, headers, errors)
    if status >= 500:
        request.environ.setdefault(VISITOR, None)  # the database may be what failed
    page = render_template("error.html", status=status, detail=detail, errors=errors)
    return Response(page, status, dict(headers), mimetype=HTML)


def _wants_page() -> bool:
    """Whether `Accept` names HTML (`*/*` does not), and the path below the prefix is a page's."""
    if request.path.startswith(API_PATHS):
        return False
    accepted = ((name.partition(";")[0], quality) for name, quality in request.accept_mimetypes)
    return any(name.strip().lower() == HTML and quality > 0 for name, quality in accepted)
