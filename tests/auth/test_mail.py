"""Mail is delivered to a real SMTP server, or to the log and the mailbox file."""

import logging
import socket
import stat
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask

from personas.auth.mail import Outbox
from personas.config.secrets import new_private_key
from personas.state import state_of

PRODUCTION = {
    "secret_key": "k" * 40,
    "service_key": "s" * 40,
    "seed_secret": "p" * 40,
    "jwt_private_key": new_private_key(),
}


class Inbox:
    """The mails that a real SMTP server has received."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def smtp(inbox: Inbox) -> Iterator[Controller]:
    """A server on a free port; a client that authenticates needs Ann's password."""

    def check(*args: Any) -> AuthResult:
        given = args[4]
        is_correct = isinstance(given, LoginPassword) and given.password == b"p@ss"
        return AuthResult(success=is_correct, handled=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(
        inbox, hostname="127.0.0.1", port=port, authenticator=check, auth_require_tls=False
    )
    server.start()
    yield server
    server.stop()


def test_mail_is_sent_to_the_smtp_server(
    make_app: Callable[..., Flask], smtp: Controller, inbox: Inbox
) -> None:
    url = f"smtp://ann:p%40ss@127.0.0.1:{smtp.port}"
    app = make_app(smtp_url=url, mail_from="personas@example.org")

    _outbox(app).send("bob@example.org", "Hello", "A text\nof two lines.\n")

    [mail] = inbox.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "personas@example.org",
        "bob@example.org",
        "Hello",
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail.get_payload()).splitlines() == ["A text", "of two lines."]


def test_failed_mail_is_logged_without_its_text(
    make_app: Callable[..., Flask], smtp: Controller, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(smtp_url=f"smtp://ann:wrong@127.0.0.1:{smtp.port}")
    outbox, link = _outbox(app), "#token=" + "t" * 20

    with app.app_context():
        outbox.later(lambda: outbox.send("bob@example.org", "Hello", link))
        outbox.wait()

    assert "an e-mail could not be sent" in caplog.text
    assert link not in caplog.text


def test_mail_without_a_server_is_stored_in_a_private_file(
    app: Flask, instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with app.app_context():
        _outbox(app).send("bob@example.org", "Hello", "a link")

    mailbox = instance / "mailbox"
    assert "a link" in mailbox.read_text()
    assert stat.S_IMODE(mailbox.stat().st_mode) == 0o600
    assert "a link" in caplog.text


def test_production_log_does_not_contain_the_mail_text(
    make_app: Callable[..., Flask], instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app = make_app("production", **PRODUCTION)

    with app.app_context():
        _outbox(app).send("bob@example.org", "Hello", "a link")

    assert "a link" in (instance / "mailbox").read_text()
    assert "PERSONAS_SMTP_URL is not set" in caplog.text
    assert "a link" not in caplog.text
    assert "bob@example.org" not in caplog.text


def _outbox(app: Flask) -> Outbox:
    outbox: Outbox = state_of(app)[Outbox]
    return outbox
