"""How gunicorn serves: `gunicorn -c python:personas.gunicorn_conf 'personas:create_app()'`.

In the package, so that a wheel brings it; what stands here can be overridden on gunicorn's
command line.
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

bind = "127.0.0.1:8000"  # a proxy that speaks TLS stands in front
worker_class = "gthread"
# Reads and hashes gain from more; writes to SQLite wait for each other in any number of workers
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
# Each worker makes its own application: no connection and no lock is shared over a fork
preload_app = False
timeout = graceful_timeout = 30  # seconds
keepalive = 5
control_socket_disable = True  # gunicorn 27 would open one in the home directory
# A header holds a token of 4 KiB at most; the limit on bodies is the application's (body.py)
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190
# Which proxies to believe says PERSONAS_TRUSTED_PROXIES, and nothing besides
forwarded_allow_ips = ""
forwarder_headers = ""
accesslog = None  # the application logs its requests, without their queries


class JsonLogger(Logger):
    """One JSON object a line for whatever gunicorn, a library or a warning has to say."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        everything = logging.StreamHandler()
        logging.root.handlers = [everything]
        logging.captureWarnings(True)
        for handler in (everything, *self.error_log.handlers):
            handler.setFormatter(JsonFormatter())
            handler.addFilter(_without_quotes)


logger_class = JsonLogger


def _without_quotes(record: logging.LogRecord) -> bool:
    """gunicorn quotes bad request lines and headers, which may hold a token: say only that they
    are bad. And it speaks of its start before it is clear that there will be one."""
    text = str(record.msg)
    if text.startswith("Starting gunicorn"):
        return False
    if text.startswith("Invalid request from"):
        record.msg = text.partition(": ")[0]
    elif text.startswith("Error handling request"):
        record.msg, record.args = "Error handling request", ()
    return True


def on_starting(server: Arbiter) -> None:  # noqa: ARG001  the signature is gunicorn's
    """Check settings and database once, before there are workers: whatever is wrong stops the
    start with one message. Then make the folder in which the workers count."""
    try:
        _check()
    except ConfigError as error:
        sys.exit(error.message)
    except SQLAlchemyError as error:
        sys.exit(problem_of(error).sentence)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    folder = tempfile.mkdtemp(prefix="personas-metrics-")  # its mode is 0700
    atexit.register(_remove, folder, owner=os.getpid())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    import prometheus_client  # noqa: F401  once for all workers, and only now: it reads the variable


def _check() -> None:
    app = create_app()
    with app.app_context():
        ensure_schema()
        db.engine.dispose()  # workers must not inherit its connections


def _remove(folder: str, *, owner: int) -> None:
    """Workers inherit what runs at exit, and must not do it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def post_worker_init(worker: Worker) -> None:  # noqa: ARG001
    """What stands after the start stands for ever: the garbage collector need not walk over it."""
    gc.collect()
    gc.freeze()


def child_exit(server: Arbiter, worker: Worker) -> None:  # noqa: ARG001
    """What a worker counted stays counted; what it was, is forgotten."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
