"""One log line per request and per error: JSON in production, plain text in development.

Never logged: bodies, query strings, cookies, credentials, and rows quoted in database errors.
"""

import json
import logging
import re
import time
from datetime import UTC, datetime
from traceback import format_tb
from types import TracebackType

from flask import Flask, Response, current_app, g, has_request_context, request
from flask.logging import has_level_handler

from personas.config.settings import Settings
from personas.database.types import new_id

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# The errors of these libraries quote rows and addresses
QUOTING_LIBRARIES = {"sqlalchemy", "psycopg", "pysqlite3", "sqlite3", "smtplib"}
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class JsonFormatter(logging.Formatter):
    """One JSON object per line. A logged value cannot start a new line: JSON escapes newlines and
    all non-ASCII characters."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
        }
        if has_request_context():
            line |= {"request_id": g.get("request_id"), "method": request.method}
            line |= {"path": request.path}  # without the query string: it may contain a token
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  the name is logging's
        """The chain of errors with their tracebacks, the first cause first."""
        errors: list[str] = []
        error = ei[1]
        while error:
            errors.insert(0, "".join(format_tb(error.__traceback__)) + _describe(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\n".join(errors)


def _describe(error: BaseException) -> str:
    """The type and message of an error; only its type and code if the message may quote a row,
    with its password hash and e-mail."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.partition(".")[0] not in QUOTING_LIBRARIES:
        return f"{name}: {error}"
    cause = getattr(error, "orig", None) or error
    codes = (getattr(cause, code, None) for code in ("sqlite_errorname", "sqlstate", "smtp_code"))
    return f"{name} ({next(filter(None, codes), 'no code')})"


def init_app(app: Flask, settings: Settings) -> None:
    """Give every request an id and, in production, a log line.

    If the host application, gunicorn or a test has log handlers already, use those and add none.
    """
    app.before_request(_start_request)
    app.after_request(_send_request_id)
    is_ours = not has_level_handler(logging.getLogger(app.name))
    app.logger.setLevel(logging.INFO)
    if settings.is_production:
        app.after_request(_log_request)
        if is_ours:
            handler = logging.StreamHandler()
            handler.setFormatter(JsonFormatter())
            app.logger.handlers = [handler]
            if not settings.prefix:  # if mounted, the host decides what its server logs
                # `flask run` would log each request a second time, with its query string
                logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _start_request() -> None:
    g.started = time.perf_counter()
    request_id = request.headers.get("X-Request-ID", "")
    g.request_id = request_id if REQUEST_ID.fullmatch(request_id) else new_id()


def elapsed() -> float:
    """Seconds since the current request started."""
    return time.perf_counter() - float(g.started)


def _send_request_id(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    return response


def _log_request(response: Response) -> Response:
    fields = {
        "status": response.status_code,
        "duration_ms": round(elapsed() * 1000, 1),
        "remote": request.remote_addr,
    }
    current_app.logger.info("request", extra={"fields": fields})
    return response
