"""One line for each request and each mishap: JSON in production, plain text on a laptop.

Bodies, queries, cookies, credentials and what a database quotes of its rows stay out.
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
# Their errors quote rows and addresses
TALKATIVE = {"sqlalchemy", "psycopg", "pysqlite3", "sqlite3", "smtplib"}
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class JsonFormatter(logging.Formatter):
    """One object a line. Nothing that is logged can begin a line: JSON escapes newlines, and all
    that is not ASCII."""

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
            line |= {"path": request.path}  # without the query: it may hold a token
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  the name is logging's
        """The chain of errors, the first cause first, each with where it was raised."""
        told: list[str] = []
        error = ei[1]
        while error:
            told.insert(0, "".join(format_tb(error.__traceback__)) + _sentence(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\n".join(told)


def _sentence(error: BaseException) -> str:
    """What an error says of itself; where that may quote a row, hash and e-mail and all, only its
    type and code."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.partition(".")[0] not in TALKATIVE:
        return f"{name}: {error}"
    cause = getattr(error, "orig", None) or error
    codes = (getattr(cause, code, None) for code in ("sqlite_errorname", "sqlstate", "smtp_code"))
    return f"{name} ({next(filter(None, codes), 'no code')})"


def init_app(app: Flask, settings: Settings) -> None:
    """Give every request an id and, in production, a line.

    An application that mounts us, gunicorn or a test may have handlers of its own: they serve us
    too, and we add none.
    """
    app.before_request(_begin)
    app.after_request(_answer_id)
    is_ours = not has_level_handler(logging.getLogger(app.name))
    app.logger.setLevel(logging.INFO)
    if settings.is_production:
        app.after_request(_log_request)
        if is_ours:
            handler = logging.StreamHandler()
            handler.setFormatter(JsonFormatter())
            app.logger.handlers = [handler]
            if not settings.prefix:  # mounted, the host decides what its server logs
                # `flask run` would log each request once more, with its query
                logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else new_id()


def elapsed() -> float:
    """The seconds since the request at work began."""
    return time.perf_counter() - float(g.started)


def _answer_id(response: Response) -> Response:
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
