"""What is counted while the service works, in the words of Prometheus.

Each application counts for itself. Where `PROMETHEUS_MULTIPROC_DIR` is set (gunicorn_conf does),
the numbers stand in files of that folder, one for each process, and a scrape adds them up: it
is right whichever worker answers it.
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
    """The numbers of one application. They are made for the first request: importing the library
    takes 25 ms, which only a process that answers requests should pay."""

    def __init__(self) -> None:
        self._making = Lock()
        self._numbers: Numbers | None = None

    @property
    def numbers(self) -> "Numbers":
        with self._making:  # once: a second set would overwrite the files of the first
            if self._numbers is None:
                self._numbers = Numbers()
        return self._numbers


class Numbers:
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
    """Count the requests of `app`."""
    app.after_request(_count_request)


def _count_request(response: Response) -> Response:
    """Labels come from fixed sets: what a client makes up is `none` and `other`."""
    endpoint = request.endpoint or "none"
    method = request.method if request.method in METHODS else "other"
    current(Metrics).numbers.requests.labels(method, endpoint, str(response.status_code)).inc()
    current(Metrics).numbers.seconds.labels(endpoint).observe(elapsed())
    return response


@contextmanager
def hashing(purpose: str) -> Iterator[None]:
    """Count and time a hash: `hash` or `verify`. Those of commands nobody would ever scrape."""
    started = time.perf_counter()
    try:
        yield
    finally:
        if has_request_context():
            current(Metrics).numbers.hashes.labels(purpose).inc()
            current(Metrics).numbers.hash_seconds.labels(purpose).observe(
                time.perf_counter() - started
            )


@contextmanager
def login() -> Iterator[None]:
    """Count a login by how it ends: `ok`, `wrong`, `limited` or `failed`."""
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
        current(Metrics).numbers.logins.labels(result).inc()


class _Scrape:
    """The counted numbers of all processes, and those that the database knows."""

    def __init__(self, personas: Mapping[str, int]) -> None:
        self._personas = personas

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import GaugeMetricFamily
        from prometheus_client.multiprocess import MultiProcessCollector

        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            yield from MultiProcessCollector(None).collect()  # type: ignore[no-untyped-call]
        else:
            yield from current(Metrics).numbers.registry.collect()
        gauge = GaugeMetricFamily("personas_personas", "Personas.", labels=["archetype"])
        for archetype, number in self._personas.items():
            gauge.add_metric([archetype], number)
        yield gauge


def exposition(personas: Mapping[str, int]) -> bytes:
    """All numbers in Prometheus' text format; `personas` counts them by archetype."""
    from prometheus_client import generate_latest

    return generate_latest(_Scrape(personas))
