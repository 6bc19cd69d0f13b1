"""A real HTTP server in a thread, for tests of whoever speaks to one."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from werkzeug import Request, Response

from personas.client.accounts import Session
from personas.testing.serve import Server


@contextmanager
def serve(application: Any) -> Iterator[str]:
    """Serve a WSGI application on a free port of this machine; gives its URL."""
    with closing(Server(application)) as server:
        yield server.url


@contextmanager
def speak(application: Any, *, below: str = "", **options: Any) -> Iterator[Session]:
    """A session at such a server, mounted `below` a path."""
    with serve(application) as url, Session(f"{url}{below}", **options) as session:
        yield session


class Script:
    """A service of few words: it gives its answers one after the other, the last for ever, and
    keeps what it was asked."""

    def __init__(self, *answers: Response) -> None:
        self._answers = list(answers)
        self.asked: list[Request] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data(cache=True)
        self.asked.append(request)
        said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return said(environ, start)


def answer(value: object, status: int = 200, **headers: str) -> Response:
    """An answer in JSON: `answer({}, 503, retry_after="1")`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(value), status, named, content_type="application/json")


def problem(status: int, detail: str = "Something is wrong.", **headers: str) -> Response:
    document = {"type": "about:blank", "title": "Wrong", "status": status, "detail": detail}
    return answer(document, status, **headers)
