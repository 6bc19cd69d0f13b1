"""Every setting, its default, its type and its check (contract, section 8)."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from dotenv import dotenv_values, find_dotenv
from flask import current_app
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from personas.secret import (
    new_private_key,
    new_secret,
    private_key,
    public_keys,
    read_or_create,
)

Environment = Literal["development", "production", "test"]
T = TypeVar("T")

DEV_SEED_SECRET = "dev-persona-seed-secret-rotate-in-prod"  # noqa: S105  published on purpose
SECRET_BYTES = 32
KNOWN_NAMES = {
    "PERSONAS_ADMIN_JWT",  # the commands' own
    "PERSONAS_ENV",
    "PERSONAS_DATABASE_URL",
    "PERSONAS_URL",
    "PERSONAS_AUDIENCE",
    "PERSONAS_SECRET_KEY",
    "PERSONAS_SERVICE_KEY",
    "PERSONAS_SERVICE_KEY_PREVIOUS",
    "PERSONAS_JWT_PRIVATE_KEY",
    "PERSONAS_JWT_PREVIOUS_KEYS",
    "PERSONAS_EMAIL_DOMAINS",
    "PERSONAS_TIMEZONE",
    "PERSONAS_PASSWORD_MIN_LENGTH",
    "PERSONAS_RATELIMIT_ENABLED",
    "PERSONAS_RATELIMIT_STORAGE",
    "PERSONAS_TRUSTED_PROXIES",
    "PERSONAS_SMTP_URL",
    "PERSONAS_MAIL_FROM",
}


class ConfigError(click.ClickException):
    """The settings do not let the service start; the message names all that is wrong."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the service was told. A secret that was not given is made in the instance folder when
    it is first used; in production `load` has refused to go on without it."""

    environment: Environment
    instance: Path
    database_url: str = field(repr=False)
    url: str
    audience: str
    email_domains: frozenset[str]
    timezone: ZoneInfo
    password_min_length: int
    ratelimit_enabled: bool
    ratelimit_storage: str = field(repr=False)
    trusted_proxies: int
    smtp_url: str | None = field(repr=False)
    mail_from: str
    seed_secret: str = field(repr=False)
    given_secret_key: str | None = field(repr=False)
    given_service_key: str | None = field(repr=False)
    service_key_previous: str | None = field(repr=False)
    given_jwt_private_key: Ed25519PrivateKey | None = field(repr=False)
    jwt_previous_keys: tuple[Ed25519PublicKey, ...]

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def origin(self) -> str:
        """Scheme and authority of `PERSONAS_URL`, as a browser writes them in `Origin`."""
        parts = urlsplit(self.url.lower())
        default = {"http": ":80", "https": ":443"}[parts.scheme]
        return f"{parts.scheme}://{parts.netloc.removesuffix(default)}"

    @cached_property
    def secret_key(self) -> str:
        return self.given_secret_key or read_or_create(self.instance / "secret_key", new_secret)

    @cached_property
    def service_keys(self) -> tuple[str, ...]:
        """The keys that a runner may show: the current one, and the one before it."""
        current = self.given_service_key or read_or_create(
            self.instance / "service_key", new_secret
        )
        return tuple(key for key in (current, self.service_key_previous) if key)

    @cached_property
    def jwt_private_key(self) -> Ed25519PrivateKey:
        return self.given_jwt_private_key or private_key(
            read_or_create(self.instance / "jwt_private_key.pem", new_private_key)
        )


def settings() -> Settings:
    """The settings of the application at work."""
    found: Settings = current_app.extensions["personas_settings"]
    return found


def environ() -> dict[str, str]:
    """The process environment over what `.env` says."""
    file = dotenv_values(find_dotenv(usecwd=True))
    return {name: value for name, value in file.items() if value is not None} | dict(os.environ)


def environment_of(values: Mapping[str, str]) -> Environment:
    """Development only where somebody said so, or under `flask` on the embedded database: a
    forgotten setting must not open a production host (contract, section 8).

    Raises ConfigError for any other word than development and production.
    """
    match values.get("PERSONAS_ENV", "").strip():
        case "development":
            return "development"
        case "production":
            return "production"
        case "":
            under_flask = values.get("FLASK_RUN_FROM_CLI") == "true"
            embedded = not values.get("PERSONAS_DATABASE_URL", "").strip()
            return "development" if under_flask and embedded else "production"
        case other:
            raise ConfigError(f"PERSONAS_ENV is {other!r}; it takes development or production")


def unknown_names(values: Mapping[str, str]) -> list[str]:
    """The `PERSONAS_…` variables that no setting reads: mistyped, most likely."""
    return sorted(
        name for name in values if name.startswith("PERSONAS_") and name not in KNOWN_NAMES
    )


def load(values: Mapping[str, str], *, environment: Environment, instance: Path) -> Settings:
    """Read and check all settings.

    Raises ConfigError with one message that names everything that is wrong.
    """
    read = _Reader(values, strict=environment == "production")
    found = Settings(
        environment=environment,
        instance=instance,
        database_url=read(
            "PERSONAS_DATABASE_URL",
            lambda text: _database(text, instance),
            f"sqlite:///{instance / 'personas.db'}",
        ),
        url=read("PERSONAS_URL", _base_url, "http://localhost:5000"),
        audience=read("PERSONAS_AUDIENCE", str, "mana"),
        email_domains=read("PERSONAS_EMAIL_DOMAINS", _domains, frozenset({"mana.test"})),
        timezone=read("PERSONAS_TIMEZONE", _timezone, ZoneInfo("UTC")),
        # at most the 32 characters of a derived password, which must always pass
        password_min_length=read("PERSONAS_PASSWORD_MIN_LENGTH", _integer(8, 32), 15),
        ratelimit_enabled=read("PERSONAS_RATELIMIT_ENABLED", _boolean, True),
        ratelimit_storage=read("PERSONAS_RATELIMIT_STORAGE", str, "memory://"),
        trusted_proxies=read("PERSONAS_TRUSTED_PROXIES", _integer(0, 10), 0),
        smtp_url=read("PERSONAS_SMTP_URL", _smtp_url, None),
        mail_from=read("PERSONAS_MAIL_FROM", _mail_from, "personas@localhost"),
        seed_secret=read.secret("PERSONA_SEED_SECRET") or DEV_SEED_SECRET,
        given_secret_key=read.secret("PERSONAS_SECRET_KEY"),
        given_service_key=read.secret("PERSONAS_SERVICE_KEY"),
        service_key_previous=read.secret("PERSONAS_SERVICE_KEY_PREVIOUS", required=False),
        given_jwt_private_key=read("PERSONAS_JWT_PRIVATE_KEY", private_key, None, required=True),
        jwt_previous_keys=read("PERSONAS_JWT_PREVIOUS_KEYS", public_keys, ()),
    )
    if read.problems:
        lines = "".join(f"\n  {problem}" for problem in read.problems)
        hint = "\nOn a laptop, set PERSONAS_ENV=development." if read.strict else ""
        raise ConfigError(f"personas cannot start in {environment}:{lines}{hint}")
    return found


class _Reader:
    """Reads one variable at a time and collects what is wrong with each."""

    def __init__(self, values: Mapping[str, str], *, strict: bool) -> None:
        self.values = values
        self.strict = strict
        self.problems: list[str] = []

    def __call__(
        self,
        name: str,
        parse: Callable[[str], T],
        default: T,
        *,
        required: bool = False,
        is_secret: bool = False,
    ) -> T:
        """The parsed value, or the default. Empty is unset, and in production a mistake. A secret
        is taken to the bit."""
        text = self.values.get(name)
        if text is None:
            if required and self.strict:
                self.problems.append(f"{name} is not set")
            return default
        if not text.strip():
            if self.strict:
                self.problems.append(f"{name} is empty")
            return default
        try:
            return parse(text if is_secret else text.strip())
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return default

    def secret(self, name: str, *, required: bool = True) -> str | None:
        parse = _secret if self.strict else str
        return self(name, parse, None, required=required, is_secret=True)


def _secret(text: str) -> str:
    if text.strip() == DEV_SEED_SECRET:
        raise ValueError("is the published development secret; make one of your own")
    if len(text.strip().encode()) < SECRET_BYTES:
        raise ValueError(f"is too short; it needs at least {SECRET_BYTES} bytes")
    return text


def _database(text: str, instance: Path) -> str:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a database URL") from None  # the text may hold a password
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        if find_spec("psycopg") is None:
            raise ValueError("needs a driver: pip install 'personas[postgres]'")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername != "sqlite":
        raise ValueError("takes sqlite:///FILE or postgresql://…")
    if url.database in (None, "", ":memory:") or url.query:
        raise ValueError("needs a file: sqlite:///FILE, without parameters")
    return f"sqlite:///{instance / str(url.database)}"


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    is_plain = parts.hostname and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not is_plain or not _has_good_port(parts):
        raise ValueError("is not a URL like https://personas.example.org")
    return text.rstrip("/")


def _smtp_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not _has_good_port(parts):
        raise ValueError("takes smtp://USER:PASSWORD@HOST:PORT or smtps://…")
    return text


def _mail_from(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", text):
        raise ValueError(f"is {text!r}; it takes an address like personas@example.org")
    return text


def _has_good_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _domains(text: str) -> frozenset[str]:
    names = frozenset(name.strip().lower() for name in text.split(","))
    for name in names:
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", name):
            raise ValueError(f"holds {name!r}, which is not a domain; write mana.test,example.test")
    return names


def _timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"is {text!r}; it takes a name like Europe/Berlin") from None


def _boolean(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in words:
        raise ValueError(f"is {text!r}; it takes true or false")
    return words[text.lower()]


def _integer(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"is {text!r}; it takes a whole number from {least} to {most}")
        return int(text)

    return parse
