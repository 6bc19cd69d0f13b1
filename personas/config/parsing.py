"""Parse the text of a variable. Each function raises ValueError; its message continues a sentence
that begins with the variable's name."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DEV_SEED_SECRET = "dev-persona-seed-secret-rotate-in-prod"  # noqa: S105  published on purpose
SECRET_BYTES = 32


def secret(text: str) -> str:
    if text.strip() == DEV_SEED_SECRET:
        raise ValueError("is the published development secret; generate a new one")
    if len(text.strip().encode()) < SECRET_BYTES:
        raise ValueError(f"is too short; use at least {SECRET_BYTES} bytes")
    return text


def database(text: str) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # the text may contain a password
        raise ValueError("must be a URL like sqlite:///FILE or postgresql://…") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        if find_spec("psycopg") is None:
            raise ValueError("needs the PostgreSQL driver: pip install 'personas[postgres]'")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername != "sqlite":
        raise ValueError("must be a URL like sqlite:///FILE or postgresql://…")
    if url.database in (None, "", ":memory:") or url.query or "\0" in str(url.database):
        raise ValueError("must name a file, without parameters: sqlite:///FILE")
    return f"sqlite:///{url.database}"


def base_url(text: str) -> str:
    parts = urlsplit(ascii_text(text))
    is_plain = parts.hostname and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not is_plain or not _has_valid_port(parts):
        raise ValueError("must be a URL like https://personas.example.org")
    return text.rstrip("/")


def smtp_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not _has_valid_port(parts):
        raise ValueError("must be a URL like smtp://USER:PASSWORD@HOST:PORT or smtps://…")
    return text


def mail_from(text: str) -> str:
    if not re.fullmatch(r"[!-~]+@[!-~]+", text) or re.search(r"[<>]", text):
        raise ValueError(f"is {text!r}; it must be an address like personas@example.org")
    return text


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def ascii_text(text: str) -> str:
    if not re.fullmatch("[!-~]+", text) or re.search('[<>"]', text):
        raise ValueError('must be printable ASCII without spaces and < > "')
    return text


def domains(text: str) -> frozenset[str]:
    names = frozenset(name.strip().lower() for name in text.split(","))
    for name in names:
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", name):
            raise ValueError(
                f"contains {name!r}, which is not a domain; "
                "write a list like mana.test,example.test"
            )
    return names


def timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"is {text!r}; it must be a name like Europe/Berlin") from None


def boolean(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"is {text!r}; it must be true or false")
    return words[text.lower()]


def integer(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not minimum <= int(text) <= maximum:
            raise ValueError(f"is {text!r}; it must be a whole number from {minimum} to {maximum}")
        return int(text)

    return parse
