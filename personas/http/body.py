"""Read the body of a request, before any schema sees it."""

from http import HTTPStatus

from flask import Request, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from personas.http.problems import Invalid, Malformed, Problem, UnsupportedMediaType
from personas.http.strict_json import NotStrictJSON, TooManyValues, parse
from personas.http.view import current_operation

LIMIT = 1024 * 1024  # bytes
RUNNER_PREFIX, RUNNER_LIMIT = "/api/v1/internal/", 8 * LIMIT
WITHOUT_BODY = {"GET", "HEAD", "DELETE", "OPTIONS"}


class Overfull(Problem):
    """The body contains too many values."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY  # well-formed, but more than anything here takes


def read_body() -> None:
    """Read the body of the current request into `g.body`.

    GET, HEAD and DELETE have none. Where the view takes no body, none or `{}` is right.
    """
    if request.method in WITHOUT_BODY:
        return
    limit = RUNNER_LIMIT if request.path.startswith(RUNNER_PREFIX) else LIMIT
    raw = receive(limit)
    takes_body = current_operation().body is not None
    if not raw and not takes_body:
        return
    if request.mimetype != "application/json" or not _is_utf8(request):
        raise UnsupportedMediaType
    try:
        g.body = parse(raw)
    except TooManyValues as error:
        raise Overfull(f"The body {error}.") from None
    except NotStrictJSON as error:
        raise Malformed(f"The body {error}.") from None
    if not takes_body and g.body:
        raise Invalid({key: ["Unknown field."] for key in g.body})


def receive(limit: int) -> bytes:
    """The body of the current request. Raises RequestEntityTooLarge above `limit` bytes, Malformed
    for broken chunks, or for less than was announced."""
    # one more than the limit: a chunked body is cut there without a word
    request.max_content_length = limit + 1
    try:
        raw = request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception:  # every server's input stream has errors of its own
        raise Malformed("The body was not sent as HTTP requires.") from None
    if request.content_length not in (None, len(raw)):
        raise Malformed("The body is shorter than its Content-Length.")
    if len(raw) > limit:
        raise RequestEntityTooLarge
    return raw


def _is_utf8(req: Request) -> bool:
    return req.mimetype_params.get("charset", "utf-8").lower() in ("utf-8", "utf8")
