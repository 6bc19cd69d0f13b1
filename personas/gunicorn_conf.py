"""gunicorn's configuration: `gunicorn -c python:personas.gunicorn_conf 'personas:create_app()'`.

It is part of the package so that a wheel contains it. Options on gunicorn's command line override
it.
"""

import atexit
import gc
import logging
import os
import shutil
import sys
import tempfile

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from sqlalchemy.exc import SQLAlchemyError

from personas.app import create_app
from personas.config.settings import ConfigError
from personas.database.engine import db
from personas.database.schema import ensure_schema
from personas.http.problems import problem_of
from personas.ops.logs import JsonFormatter

bind = "127.0.0.1:8000"  # behind a proxy that terminates TLS
worker_class = "gthread"
# More workers speed up reads and hashes; SQLite runs one write at a time with any number of them
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
# Each worker creates its own application, so no connection or lock is shared across a fork
preload_app = False
timeout = graceful_timeout = 30  # seconds
keepalive = 5
control_socket_disable = True  # gunicorn 27 would create one in the home directory
# A header contains a token of at most 4 KiB; the application limits bodies (body.py)
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190
# Only PERSONAS_TRUSTED_PROXIES decides which proxies are trusted
forwarded_allow_ips = ""
forwarder_headers = ""
accesslog = None  # the application logs its requests, without query strings


class JsonLogger(Logger):
    """Logs every message of gunicorn and of libraries, and every warning, as one JSON line."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        root_handler = logging.StreamHandler()
        logging.root.handlers = [root_handler]
        logging.captureWarnings(True)
        for handler in (root_handler, *self.error_log.handlers):
            handler.setFormatter(JsonFormatter())
            handler.addFilter(_remove_quoted_request)


logger_class = JsonLogger


def _remove_quoted_request(record: logging.LogRecord) -> bool:
    """gunicorn quotes invalid request lines and headers, which may contain a token: remove the
    quote. Also drop "Starting gunicorn", which it logs before it is sure to start."""
    text = str(record.msg)
    if text.startswith("Starting gunicorn"):
        return False
    if text.startswith("Invalid request from"):
        record.msg = text.partition(": ")[0]
    elif text.startswith("Error handling request"):
        record.msg, record.args = "Error handling request", ()
    return True


def on_starting(server: Arbiter) -> None:  # noqa: ARG001  the signature is gunicorn's
    """Check the settings and the database once, before any worker starts; a problem stops the start
    with one message. Then create the folder for the workers' metrics."""
    try:
        _check_settings_and_database()
    except ConfigError as error:
        sys.exit(error.message)
    except SQLAlchemyError as error:
        sys.exit(problem_of(error).sentence)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    folder = tempfile.mkdtemp(prefix="personas-metrics-")  # its mode is 0700
    atexit.register(_remove, folder, owner=os.getpid())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    import prometheus_client  # noqa: F401  once for all workers; it reads the variable when imported


def _check_settings_and_database() -> None:
    app = create_app()
    with app.app_context():
        ensure_schema()
        db.engine.dispose()  # workers must not inherit connections


def _remove(folder: str, *, owner: int) -> None:
    """Workers inherit the atexit function; only the main process may delete the folder."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def post_worker_init(worker: Worker) -> None:  # noqa: ARG001
    """Objects from the start live as long as the worker: exclude them from garbage collection."""
    gc.collect()
    gc.freeze()


def child_exit(server: Arbiter, worker: Worker) -> None:  # noqa: ARG001
    """Keep the counters of a worker that ended, and delete its gauges."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
