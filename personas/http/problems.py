"""The error types of the service, and the code that writes problem documents (RFC 9457)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from itertools import islice
from types import MappingProxyType

from flask import Flask, Response, current_app, json
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from personas.config.settings import ConfigError

Errors = Mapping[str, list[str]]
# Writes an error as a response: status, detail, headers, messages by field
WriteError = Callable[[HTTPStatus, str, Mapping[str, str], Errors], Response]


class Problem(Exception):
    """An error that the client may see. `detail` defaults to the docstring of the type; `errors`
    maps the path of a field to its messages."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, detail: str | None = None, *, errors: Errors | None = None) -> None:
        self.detail = detail or self.default_detail()
        super().__init__(self.detail)
        # a path may contain a key from the client: of any length, with lone surrogates
        self.errors = {
            path[:200].encode(errors="replace").decode(): messages
            for path, messages in islice((errors or {}).items(), 100)
        }

    @classmethod
    def default_detail(cls) -> str:
        """The docstring of the type, on one line."""
        return " ".join((cls.__doc__ or "").split())

    @property
    def sentence(self) -> str:
        """The problem as text for a terminal."""
        fields = [f"{path}: {' '.join(messages)}" for path, messages in self.errors.items()]
        return " ".join(fields) or self.detail


class Malformed(Problem):
    """The body must be a JSON object."""

    status = HTTPStatus.BAD_REQUEST


class Unauthorized(Problem):
    """Credentials are missing, invalid or expired."""

    status = HTTPStatus.UNAUTHORIZED
    headers: Mapping[str, str] = MappingProxyType({"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """You do not have permission to do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """This does not exist."""

    status = HTTPStatus.NOT_FOUND


class Conflict(Problem):
    """The request conflicts with what is stored."""

    status = HTTPStatus.CONFLICT


class UnsupportedMediaType(Problem):
    """The body must be application/json in UTF-8."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Invalid(Problem):
    """Some values are invalid."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, errors: Errors) -> None:
        super().__init__(errors=errors)


class TooMany(Problem):
    """Too many attempts. Wait before you try again."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, *, retry_after: int) -> None:
        super().__init__()
        self.headers = {"Retry-After": str(retry_after)}


class Unavailable(Problem):
    """The service is temporarily unavailable. Try again in a moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: Mapping[str, str] = MappingProxyType({"Retry-After": "1"})


class StorageAway(Unavailable):
    """The database cannot be reached or is locked. Try again in a moment."""


class StorageFull(Problem):
    """The storage is full. Nothing was written."""

    status = HTTPStatus.INSUFFICIENT_STORAGE


UNEXPECTED = "The service failed to answer this request."
KEPT_HEADERS = ("Allow", "Retry-After")  # of an error that werkzeug raises
SQLITE_AWAY = tuple(
    f"SQLITE_{word}"
    for word in ("BUSY", "LOCKED", "CANTOPEN", "IOERR", "READONLY", "NOTADB", "CORRUPT")
)


def problem_of(error: Exception) -> Problem:
    """The problem to show for an error: a problem unchanged, a failed database call as StorageAway
    or StorageFull. Any other error is a bug and is raised again."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, PoolTimeout):
        return StorageAway()
    if not isinstance(error, DBAPIError):
        raise error
    # `orig` is the driver's error: it has SQLite's result code or PostgreSQL's five-letter state
    sqlite = getattr(error.orig, "sqlite_errorname", None) or ""
    postgres = getattr(error.orig, "sqlstate", None)
    if sqlite.startswith("SQLITE_FULL") or postgres == "53100":
        return StorageFull()
    if sqlite.startswith(SQLITE_AWAY) or error.connection_invalidated:
        return StorageAway()
    if type(error.orig).__module__.startswith("psycopg") and _is_away(postgres):
        return StorageAway()
    raise error


def _is_away(sqlstate: str | None) -> bool:
    """No state means no connection; 08 connection, 40 rolled back, 53 resources, 55 locked,
    57 stopped by the operator (PostgreSQL manual, appendix A)."""
    return sqlstate is None or sqlstate[:2] in ("08", "40", "53", "55", "57")


def problem_document(
    status: HTTPStatus, detail: str, headers: Mapping[str, str], errors: Errors
) -> Response:
    """Write an error as `application/problem+json`."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors
    return Response(
        json.dumps(document) + "\n",
        status=status,
        headers=dict(headers),
        content_type="application/problem+json",
    )


def register_error_handlers(app: Flask, write_error: WriteError = problem_document) -> None:
    """Answer every error of this application with `write_error`."""

    def write(problem: Problem) -> Response:
        return write_error(problem.status, problem.detail, problem.headers, problem.errors)

    def write_http(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or 500)
        detail = error.description if status < 500 else None
        headers = {name: value for name, value in error.get_headers() if name in KEPT_HEADERS}
        return write_error(status, detail or UNEXPECTED, headers, {})

    def write_not_ready(error: ConfigError) -> Response:
        current_app.logger.error("not ready: %s", error.message)
        return write(Unavailable(error.message))

    def write_storage(error: Exception) -> Response:
        problem = problem_of(error)
        current_app.logger.error("storage: %s", getattr(error, "orig", error))
        return write(problem)

    app.register_error_handler(Problem, write)
    app.register_error_handler(HTTPException, write_http)
    app.register_error_handler(ConfigError, write_not_ready)
    app.register_error_handler(DBAPIError, write_storage)
    app.register_error_handler(PoolTimeout, write_storage)
