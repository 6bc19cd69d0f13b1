"""Requests of the client: when they are repeated, when they fail, and what is never sent."""

import socket
import time
from contextlib import AbstractContextManager
from typing import Any

import pytest

from personas.client import transport
from personas.client.accounts import Session
from personas.client.admin import AdminClient
from personas.client.errors import ClientError, ProblemError, UnexpectedAnswer, Unreachable
from tests.server import Script, answer, problem, serve, speak

EMPTY: dict[str, object] = {"personas": [], "nextCursor": None}


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_gets_the_request_again(status: int) -> None:
    script = Script(problem(status, retry_after="0"), problem(status), answer(EMPTY))
    with speak(script) as session:
        assert AdminClient(session).personas() == []

    assert len(script.asked) == 3


def test_the_pause_is_the_one_that_the_service_names(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    script = Script(problem(503, retry_after="1"), answer(EMPTY))
    with speak(script) as session:
        AdminClient(session).personas()

    assert 1.0 in slept


def test_a_pause_beyond_max_wait_is_not_waited_for() -> None:
    script = Script(problem(429, "Too many attempts.", retry_after="900"))
    with speak(script) as session, pytest.raises(ProblemError) as raised:
        AdminClient(session).personas()

    assert raised.value.status == 429
    assert len(script.asked) == 1


def test_attempts_are_limited() -> None:
    script = Script(problem(503, retry_after="0"))
    with speak(script) as session, pytest.raises(ProblemError, match="wrong"):
        AdminClient(session).personas()

    assert len(script.asked) == transport.ATTEMPTS


def test_a_request_is_repeated_after_a_lost_connection_if_that_is_safe() -> None:
    with _dropping(1) as url, Session(url) as session, pytest.raises(Unreachable):
        session.login("ann@example.org", "a long enough password")
    with _dropping(1) as url, Session(url) as session:
        assert AdminClient(session).personas() == []


def _dropping(times: int) -> AbstractContextManager[str]:
    """A server that closes its first connections without an answer."""
    left = iter(range(times))

    def application(environ: dict[str, Any], start: Any) -> Any:
        if next(left, None) is not None:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        return answer(EMPTY)(environ, start)

    return serve(application)


def test_an_unreachable_service_is_reported_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with Session(url) as session, pytest.raises(Unreachable) as raised:
        AdminClient(session).personas()

    assert str(raised.value) == f"Cannot reach {url}: Connection refused."


def test_a_server_that_does_not_answer_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Session(url, timeout=0.05) as session, pytest.raises(Unreachable, match="in time"):
            AdminClient(session).personas()


def test_a_problem_document_is_an_exception() -> None:
    document = {
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "Some values are invalid.",
        "errors": {"email": ["Not on a persona domain."], "moduleMix.todo": ["A weight…", "b"]},
    }
    with speak(Script(answer(document, 422))) as session, pytest.raises(ProblemError) as raised:
        AdminClient(session).put_persona({})

    error = raised.value
    assert (error.status, error.title) == (422, "Unprocessable Content")
    assert error.detail == "Some values are invalid."
    assert error.errors == document["errors"]
    assert str(error) == "email: Not on a persona domain. moduleMix.todo: A weight… b"


@pytest.mark.parametrize(
    "errors", [None, [], "no", {"email": "no"}, {"email": [1, None]}, {"email": {"a": "b"}}]
)
def test_invalid_errors_in_a_problem_document_are_ignored(errors: object) -> None:
    document = {"title": "T", "status": 422, "detail": "One\nline\x1b[2J.", "errors": errors}
    with speak(Script(answer(document, 422))) as session, pytest.raises(ProblemError) as raised:
        AdminClient(session).personas()

    assert str(raised.value).isprintable()


def test_a_token_follows_no_redirect() -> None:
    elsewhere = Script(answer(EMPTY))
    with serve(elsewhere) as other:
        here = Script(answer({}, 307, location=f"{other}/api/v1/admin/personas"))
        with (
            speak(here, token="secret") as session,
            pytest.raises(UnexpectedAnswer, match="redirect"),
        ):
            AdminClient(session).personas()

    assert elsewhere.asked == []


@pytest.mark.parametrize("token", ["sec\nret", "secret\r\nX-Admin: 1", "sécret", "sec ret", ""])
def test_an_invalid_token_is_not_sent(token: str) -> None:
    script = Script(answer(EMPTY))
    with speak(script, token=token) as session, pytest.raises(ClientError) as raised:
        AdminClient(session).personas()

    assert script.asked == []
    assert not token or token not in f"{raised.value!r}{raised.value}"


def test_loopback_requests_use_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with speak(Script(answer(EMPTY))) as session:
        assert AdminClient(session).personas() == []


def test_an_unusable_proxy_is_reported_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1")

    with pytest.raises(ClientError, match="proxy"):
        Session("https://personas.example.org")


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("http://localhost", True),
        ("http://LOCALHOST.:5000", True),
        ("http://api.localhost/x", True),
        ("http://127.0.0.1:80", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:5000", True),
        ("http://localhost.example.org", False),
        ("http://notlocalhost", False),
        ("http://127.0.0.1.example.org", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("https://personas.example.org", False),
    ],
)
def test_loopback_hosts_are_recognised(url: str, is_loopback: bool) -> None:
    with Session(url) as session:
        assert session.is_loopback is is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:5000",
        "//localhost",
        "http://",
        "ftp://localhost",
        "http://localhost:99999",
        "http://localhost:x",
        "http://localhost\\@example.org",
        "http://ann:password@localhost",
        "http://localhost?x=1",
        "http://localhost#x",
        "http://a..b",
        "http://local\nhost",
        f"http://{'a' * 64}.org",
    ],
)
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not a URL like") as raised:
        Session(url)

    assert "password" not in str(raised.value)
