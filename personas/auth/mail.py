"""Mail that the service sends: by SMTP where one is set, else to the log and a mailbox file."""

import mailbox
import os
import smtplib
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from personas.config.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT = 10  # seconds, for each step of the conversation with the server


class Outbox:
    """Sends in the background, one after the other: an answer must not take longer because
    there is somebody to write to, nor fail because their mail does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="personas-mail")

    def later(self, job: Callable[[], None]) -> None:
        """Do `job` in the background, in the application at work; what fails is logged."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # for the thread

        def work() -> None:
            with app.app_context():
                try:
                    job()
                except Exception:
                    app.logger.exception("a mail could not be sent")

        self._worker.submit(work)

    def wait(self) -> None:
        """Until all that was put off before is done."""
        self._worker.submit(lambda: None).result()

    def send(self, to: str, subject: str, text: str) -> None:
        """Deliver one message now. Raises OSError or SMTPException where the server fails."""
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=urlsplit(self._settings.url).hostname)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(text, cte="8bit")  # no line of a link is folded
        if self._settings.smtp_url:
            self._send_by_smtp(self._settings.smtp_url, message)
        else:
            self._keep(message)

    def _send_by_smtp(self, url: str, message: EmailMessage) -> None:
        parts = urlsplit(url)
        host, context = str(parts.hostname), ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT)
        with server:
            server.ehlo()
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif parts.scheme == "smtp" and parts.username and host not in LOOPBACK:
                raise OSError("the server offers no TLS; a password is not sent without")
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)

    def _keep(self, message: EmailMessage) -> None:
        """To the mailbox file; in development to the log as well, which in production may go
        where neither links nor addresses must."""
        path = self._settings.instance / "mailbox"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        box = mailbox.mbox(path)
        try:
            _lock(box)
            box.add(message)
        finally:
            box.close()  # writes and unlocks
        if self._settings.is_production:
            current_app.logger.warning("PERSONAS_SMTP_URL is not set: a mail went to %s", path)
        else:
            current_app.logger.info("%s", message.as_string())


def _lock(box: mailbox.mbox) -> None:
    """Other processes may be writing to it; the library does not wait. Raises ExternalClashError
    after five seconds."""
    for _ in range(100):
        with suppress(mailbox.ExternalClashError):
            return box.lock()
        time.sleep(0.05)
    return box.lock()
