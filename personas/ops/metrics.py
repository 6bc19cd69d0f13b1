"""Prometheus metrics of the running service.

Each application has its own metrics. If `PROMETHEUS_MULTIPROC_DIR` is set (gunicorn_conf sets it),
each process writes its values to files in that folder, and a scrape adds them up: the result is
the same whichever worker answers.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from flask import Flask, Response, has_request_context, request

from personas.http.problems import TooMany, Unauthorized
from personas.ops.logs import elapsed
from personas.state import current

if TYPE_CHECKING:
    from prometheus_client import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The metrics of one application. They are created for the first request: importing the library
    takes 25 ms, which only a process that answers requests should pay."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._collectors: Collectors | None = None

    @property
    def collectors(self) -> "Collectors":
        with self._lock:  # a second set would overwrite the files of the first
            if self._collectors is None:
                self._collectors = Collectors()
        return self._collectors


class Collectors:
    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram  # 25 ms, see above

        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "personas_requests", "Requests.", ["method", "endpoint", "status"], registry=registry
        )
        self.seconds = Histogram(
            "personas_request_seconds", "Time to answer.", ["endpoint"], registry=registry
        )
        self.hashes = Counter(
            "personas_hashes", "Passwords hashed or verified.", ["purpose"], registry=registry
        )
        self.hash_seconds = Histogram(
            "personas_hash_seconds", "Time of one hash.", ["purpose"], registry=registry
        )
        self.logins = Counter("personas_logins", "Logins.", ["result"], registry=registry)


def init_app(app: Flask) -> None:
    """Count and time the requests of `app`."""
    app.after_request(_count_request)


def _count_request(response: Response) -> Response:
    """Labels come from fixed sets: an unknown endpoint is `none`, an unknown method `other`."""
    endpoint = request.endpoint or "none"
    method = request.method if request.method in METHODS else "other"
    current(Metrics).collectors.requests.labels(method, endpoint, str(response.status_code)).inc()
    current(Metrics).collectors.seconds.labels(endpoint).observe(elapsed())
    return response


@contextmanager
def hashing(purpose: str) -> Iterator[None]:
    """Count and time a password hash; `purpose` is `hash` or `verify`. Commands are not counted:
    nothing scrapes them."""
    started = time.perf_counter()
    try:
        yield
    finally:
        if has_request_context():
            current(Metrics).collectors.hashes.labels(purpose).inc()
            current(Metrics).collectors.hash_seconds.labels(purpose).observe(
                time.perf_counter() - started
            )


@contextmanager
def login() -> Iterator[None]:
    """Count a login by its result: `ok`, `wrong`, `limited` or `failed`."""
    result = "failed"
    try:
        yield
        result = "ok"
    except Unauthorized:
        result = "wrong"
        raise
    except TooMany:
        result = "limited"
        raise
    finally:
        current(Metrics).collectors.logins.labels(result).inc()


class _AllMetrics:
    """The metrics of all processes, and the number of personas in the database."""

    def __init__(self, personas: Mapping[str, int]) -> None:
        self._personas = personas

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import GaugeMetricFamily
        from prometheus_client.multiprocess import MultiProcessCollector

        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            yield from MultiProcessCollector(None).collect()  # type: ignore[no-untyped-call]
        else:
            yield from current(Metrics).collectors.registry.collect()
        gauge = GaugeMetricFamily("personas_personas", "Personas.", labels=["archetype"])
        for archetype, number in self._personas.items():
            gauge.add_metric([archetype], number)
        yield gauge


def exposition(personas: Mapping[str, int]) -> bytes:
    """All metrics in Prometheus' text format; `personas` maps an archetype to a number."""
    from prometheus_client import generate_latest

    return generate_latest(_AllMetrics(personas))
