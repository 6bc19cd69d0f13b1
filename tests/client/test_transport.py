"""Requests of the client: when they are sent again, where they end, what is never sent."""

import socket
import time
from contextlib import AbstractContextManager
from typing import Any

import pytest

from personas.client import transport
from personas.client.client import (
    Client,
    ClientError,
    ProblemError,
    UnexpectedAnswer,
    Unreachable,
)
from tests.server import Script, answer, problem, serve, speak

NOBODY: dict[str, object] = {"personas": [], "nextCursor": None}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAUSE", 0.01)


@pytest.mark.parametrize("status", [429, 503])
def test_it_asks_again_when_the_service_says_later(status: int) -> None:
    script = Script(problem(status, retry_after="0"), problem(status), answer(NOBODY))
    with speak(script) as client:
        assert client.personas() == []

    assert len(script.asked) == 3


def test_it_waits_as_long_as_the_service_says(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    script = Script(problem(503, retry_after="1"), answer(NOBODY))
    with speak(script) as client:
        client.personas()

    assert 1.0 in slept


def test_it_does_not_wait_longer_than_its_patience() -> None:
    script = Script(problem(429, "Too many attempts.", retry_after="900"))
    with speak(script) as client, pytest.raises(ProblemError) as raised:
        client.personas()

    assert raised.value.status == 429
    assert len(script.asked) == 1


def test_it_does_not_ask_for_ever() -> None:
    script = Script(problem(503, retry_after="0"))
    with speak(script) as client, pytest.raises(ProblemError, match="wrong"):
        client.personas()

    assert len(script.asked) == transport.ATTEMPTS


def test_a_lost_connection_is_tried_again_where_that_is_safe() -> None:
    with _dropping(1) as url, Client(url) as client, pytest.raises(Unreachable):
        client.login("ann@example.org", "a long enough password")
    with _dropping(1) as url, Client(url) as client:
        assert client.personas() == []


def _dropping(times: int) -> AbstractContextManager[str]:
    """A server that drops its first connections without a word."""
    left = iter(range(times))

    def application(environ: dict[str, Any], start: Any) -> Any:
        if next(left, None) is not None:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        return answer(NOBODY)(environ, start)

    return serve(application)


def test_nobody_there_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with Client(url) as client, pytest.raises(Unreachable) as raised:
        client.personas()

    assert str(raised.value) == f"Cannot reach {url}: Connection refused."


def test_a_server_that_hangs_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(url, timeout=0.05) as client, pytest.raises(Unreachable, match="in time"):
            client.personas()


def test_a_problem_is_an_exception() -> None:
    document = {
        "title": "Unprocessable Content",
        "status": 422,
        "detail": "Some values are invalid.",
        "errors": {"email": ["Not on a persona domain."], "moduleMix.todo": ["A weight…", "b"]},
    }
    with speak(Script(answer(document, 422))) as client, pytest.raises(ProblemError) as raised:
        client.put_persona({})

    error = raised.value
    assert (error.status, error.title) == (422, "Unprocessable Content")
    assert error.detail == "Some values are invalid."
    assert error.errors == document["errors"]
    assert str(error) == "email: Not on a persona domain. moduleMix.todo: A weight… b"


@pytest.mark.parametrize(
    "errors", [None, [], "no", {"email": "no"}, {"email": [1, None]}, {"email": {"a": "b"}}]
)
def test_what_is_wrong_with_a_problem_is_survived(errors: object) -> None:
    document = {"title": "T", "status": 422, "detail": "One\nline\x1b[2J.", "errors": errors}
    with speak(Script(answer(document, 422))) as client, pytest.raises(ProblemError) as raised:
        client.personas()

    assert str(raised.value).isprintable()


def test_a_token_follows_no_redirect() -> None:
    elsewhere = Script(answer(NOBODY))
    with serve(elsewhere) as other:
        here = Script(answer({}, 307, location=f"{other}/api/v1/admin/personas"))
        with (
            speak(here, token="secret") as client,
            pytest.raises(UnexpectedAnswer, match="redirect"),
        ):
            client.personas()

    assert elsewhere.asked == []


@pytest.mark.parametrize("token", ["sec\nret", "secret\r\nX-Admin: 1", "sécret", "sec ret", ""])
def test_a_token_that_is_none_is_not_sent(token: str) -> None:
    script = Script(answer(NOBODY))
    with speak(script, token=token) as client, pytest.raises(ClientError) as raised:
        client.personas()

    assert script.asked == []
    assert not token or token not in f"{raised.value!r}{raised.value}"


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with speak(Script(answer(NOBODY))) as client:
        assert client.personas() == []


def test_a_proxy_that_cannot_be_used_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1")

    with pytest.raises(ClientError, match="proxy"):
        Client("https://personas.example.org")


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
def test_it_knows_this_machine(url: str, is_loopback: bool) -> None:
    with Client(url) as client:
        assert client.is_loopback is is_loopback


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
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not a URL like") as raised:
        Client(url)

    assert "password" not in str(raised.value)
