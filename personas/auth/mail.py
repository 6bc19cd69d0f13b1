"""Send e-mails: by SMTP if a server is set, else to a mailbox file and the log."""

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
TIMEOUT = 10  # seconds, for each command to the server


class Outbox:
    """Sends e-mails in the background, one after the other: an answer must not take longer because
    an account exists, nor fail because its e-mail cannot be sent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="personas-mail")
        self._is_used = False  # whether the worker has a thread

    def later(self, job: Callable[[], None]) -> None:
        """Run `job` in the background, in the current application. Errors are logged."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # for the thread

        def work() -> None:
            with app.app_context():
                try:
                    job()
                except Exception:
                    app.logger.exception("an e-mail could not be sent")

        self._is_used = True
        self._worker.submit(work)

    def wait(self) -> None:
        """Wait until all jobs submitted so far are done."""
        if self._is_used:
            self._worker.submit(lambda: None).result()

    def send(self, to: str, subject: str, text: str) -> None:
        """Deliver one message now. Raises OSError or SMTPException if the server fails."""
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=urlsplit(self._settings.url).hostname)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(text, cte="8bit")  # so that no link is wrapped
        if self._settings.smtp_url:
            self._send_by_smtp(self._settings.smtp_url, message)
        else:
            self._write_to_file(message)

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
                raise OSError("the SMTP server offers no TLS; the password is not sent without it")
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)

    def _write_to_file(self, message: EmailMessage) -> None:
        """Write to the mailbox file, and in development to the log as well. In production, the log
        must contain neither links nor addresses."""
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
            current_app.logger.warning(
                "PERSONAS_SMTP_URL is not set: an e-mail was written to %s", path
            )
        else:
            current_app.logger.info("%s", message.as_string())


def _lock(box: mailbox.mbox) -> None:
    """Wait for other processes that are writing to the file; the library itself does not wait.

    Raises ExternalClashError after five seconds.
    """
    for _ in range(100):
        with suppress(mailbox.ExternalClashError):
            return box.lock()
        time.sleep(0.05)
    return box.lock()
