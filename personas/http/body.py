"""Read the body of a request, before any schema sees it."""

from http import HTTPStatus

from flask import g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from personas.http.problems import Invalid, Malformed, Problem, UnsupportedMediaType
from personas.http.strict_json import NotStrictJSON, TooManyValues, parse
from personas.http.view import current_operation

LIMIT = 1024 * 1024  # bytes
RUNNER_PREFIX, RUNNER_LIMIT = "/api/v1/internal/", 8 * LIMIT
WITHOUT_BODY = {"GET", "HEAD", "DELETE", "OPTIONS"}


class TooManyBodyValues(Problem):
    """The body contains too many values."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY  # well-formed JSON, but no view needs so much


def read_body() -> None:
    """Read the body of the current request into `g.body`.

    The bodies of GET, HEAD and DELETE are ignored. A view without a body accepts none or `{}`.
    Raises UnsupportedMediaType, TooManyBodyValues, Malformed, Invalid, RequestEntityTooLarge.
    """
    if request.method in WITHOUT_BODY:
        return
    limit = RUNNER_LIMIT if request.path.startswith(RUNNER_PREFIX) else LIMIT
    raw = receive(limit)
    takes_body = current_operation().body is not None
    if not raw and not takes_body:
        return
    if request.mimetype != "application/json" or not _is_utf8():
        raise UnsupportedMediaType
    try:
        g.body = parse(raw)
    except TooManyValues as error:
        raise TooManyBodyValues(f"The body {error}.") from None
    except NotStrictJSON as error:
        raise Malformed(f"The body {error}.") from None
    if not takes_body and g.body:
        raise Invalid({key: ["Unknown field."] for key in g.body})


def receive(limit: int) -> bytes:
    """Return the body of the current request.

    Raises RequestEntityTooLarge above `limit` bytes, and Malformed if its chunks are broken or it
    is shorter than its Content-Length.
    """
    # werkzeug silently cuts a chunked body here; one byte above the limit shows that it is too long
    request.max_content_length = limit + 1
    try:
        raw = request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception:  # each WSGI server raises its own errors
        raise Malformed("The body is not valid HTTP.") from None
    if request.content_length not in (None, len(raw)):
        raise Malformed("The body is shorter than its Content-Length.")
    if len(raw) > limit:
        raise RequestEntityTooLarge
    return raw


def _is_utf8() -> bool:
    return request.mimetype_params.get("charset", "utf-8").lower() in ("utf-8", "utf8")
