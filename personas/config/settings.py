"""Every setting with its variable, type, check and default (contract, section 8)."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from dotenv import dotenv_values, find_dotenv

from personas.config import parsing
from personas.config.secrets import (
    new_private_key,
    new_secret,
    private_key,
    public_keys,
    read_or_create,
)

Environment = Literal["development", "production", "test"]


class ConfigError(click.ClickException):
    """The service cannot start with these settings; the message names every problem."""


@dataclass(frozen=True)
class Variable:
    """The environment variable of a setting: how to parse its text (`parse` raises ValueError), and
    whether production requires it."""

    name: str
    parse: Callable[[str], object]
    is_required: bool
    is_secret_text: bool  # kept exactly, spaces included; in development any text is accepted

    def read(self, text: str | None, *, is_strict: bool) -> object:
        """The parsed value; None means the default. Raises ValueError."""
        if text is None:
            if is_strict and self.is_required:
                raise ValueError("is not set")
            return None
        if not text.strip():
            if is_strict:
                raise ValueError("is empty")
            return None
        if self.is_secret_text:
            return self.parse(text) if is_strict else text
        return self.parse(text.strip())


def setting(
    name: str,
    parse: Callable[[str], object],
    default: object = None,
    *,
    is_required: bool = False,
    is_private: bool = False,
) -> Any:
    """A field of Settings, read from the variable `name`; a private field is left out of the
    repr."""
    variable = Variable(name, parse, is_required, is_secret_text=parse is parsing.secret)
    return field(default=default, repr=not is_private, metadata={"variable": variable})


def secret(name: str, default: str | None = None, *, is_required: bool = True) -> Any:
    """A setting that is a secret of at least 32 bytes."""
    return setting(name, parsing.secret, default, is_required=is_required, is_private=True)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one application. A missing secret is created in the instance folder when it
    is first used; in production `load` requires it.

    `prefix` is the path at which another application mounts the service; otherwise "".
    """

    environment: Environment
    instance: Path
    prefix: str
    given_database_url: str = setting(
        "PERSONAS_DATABASE_URL", parsing.database, "sqlite:///personas.db", is_private=True
    )
    given_url: str | None = setting("PERSONAS_URL", parsing.base_url)
    audience: str = setting("PERSONAS_AUDIENCE", parsing.ascii_text, "mana")
    seed_secret: str = secret("PERSONA_SEED_SECRET", parsing.DEV_SEED_SECRET)
    given_secret_key: str | None = secret("PERSONAS_SECRET_KEY")
    given_service_key: str | None = secret("PERSONAS_SERVICE_KEY")
    service_key_previous: str | None = secret("PERSONAS_SERVICE_KEY_PREVIOUS", is_required=False)
    given_jwt_private_key: Ed25519PrivateKey | None = setting(
        "PERSONAS_JWT_PRIVATE_KEY", private_key, is_required=True, is_private=True
    )
    jwt_previous_keys: tuple[Ed25519PublicKey, ...] = setting(
        "PERSONAS_JWT_PREVIOUS_KEYS", public_keys, ()
    )
    email_domains: frozenset[str] = setting(
        "PERSONAS_EMAIL_DOMAINS", parsing.domains, frozenset({"mana.test"})
    )
    timezone: ZoneInfo = setting("PERSONAS_TIMEZONE", parsing.timezone, ZoneInfo("UTC"))
    # at most 32: a derived password has 32 characters and must always be accepted
    password_min_length: int = setting("PERSONAS_PASSWORD_MIN_LENGTH", parsing.integer(8, 32), 15)
    ratelimit_enabled: bool = setting("PERSONAS_RATELIMIT_ENABLED", parsing.boolean, True)
    ratelimit_storage: str = setting(
        "PERSONAS_RATELIMIT_STORAGE", str, "memory://", is_private=True
    )
    trusted_proxies: int = setting("PERSONAS_TRUSTED_PROXIES", parsing.integer(0, 10), 0)
    smtp_url: str | None = setting("PERSONAS_SMTP_URL", parsing.smtp_url, is_private=True)
    mail_from: str = setting("PERSONAS_MAIL_FROM", parsing.mail_from, "personas@localhost")

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @cached_property
    def database_url(self) -> str:
        """A relative path of SQLite is made absolute, from the instance folder."""
        scheme, separator, path = self.given_database_url.partition("sqlite:///")
        return f"{separator}{self.instance / path}" if separator else scheme

    @cached_property
    def url(self) -> str:
        """The address of the service for clients, without a trailing slash."""
        return self.given_url or f"http://localhost:5000{self.prefix}"

    @cached_property
    def origin(self) -> str:
        """Scheme and authority of `url`, as a browser sends them in `Origin`."""
        parts = urlsplit(self.url.lower())
        default = {"http": ":80", "https": ":443"}[parts.scheme]
        return f"{parts.scheme}://{parts.netloc.removesuffix(default)}"

    @cached_property
    def secret_key(self) -> str:
        return self.given_secret_key or read_or_create(self.instance / "secret_key", new_secret)

    @cached_property
    def service_keys(self) -> tuple[str, ...]:
        """The accepted service keys: the current one, and the previous one if it is set."""
        current = self.given_service_key or read_or_create(
            self.instance / "service_key", new_secret
        )
        return tuple(key for key in (current, self.service_key_previous) if key)

    @cached_property
    def jwt_private_key(self) -> Ed25519PrivateKey:
        return self.given_jwt_private_key or private_key(
            read_or_create(self.instance / "jwt_private_key.pem", new_private_key)
        )


# by field name
VARIABLES: dict[str, Variable] = {
    entry.name: entry.metadata["variable"] for entry in fields(Settings) if entry.metadata
}
# PERSONAS_ENV selects how settings are read; commands and the pytest plugin read PERSONAS_ADMIN_JWT
KNOWN_NAMES = {
    "PERSONAS_ENV",
    "PERSONAS_ADMIN_JWT",
    *(variable.name for variable in VARIABLES.values()),
}


def environ() -> dict[str, str]:
    """The variables of `.env` and of the process environment, which takes precedence."""
    try:
        file = dotenv_values(find_dotenv(usecwd=True))
    except (OSError, ValueError) as error:
        raise ConfigError(f"Cannot read the file .env: {error}") from None
    return {name: value for name, value in file.items() if value is not None} | dict(os.environ)


def environment_of(values: Mapping[str, str]) -> Environment:
    """Development only if PERSONAS_ENV sets it, or for the `flask` command with the default SQLite
    database: a forgotten setting must not open a production host (contract, section 8).

    Raises ConfigError for any value except development and production.
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
            raise ConfigError(f"PERSONAS_ENV is {other!r}; it must be development or production")


def unknown_names(values: Mapping[str, str]) -> list[str]:
    """The `PERSONAS_…` variables that belong to no setting; they are probably misspelled."""
    return sorted(
        name for name in values if name.startswith("PERSONAS_") and name not in KNOWN_NAMES
    )


def load(
    values: Mapping[str, str], *, environment: Environment, instance: Path, prefix: str = ""
) -> Settings:
    """Read and check all settings of a service that is mounted at `prefix`.

    Raises ConfigError with one message that names every problem.
    """
    if environment not in get_args(Environment):  # "testing" must not open a production host
        raise ConfigError(
            f"environment={environment!r} is unknown; use development, production or test"
        )
    is_strict = environment == "production"
    parsed: dict[str, Any] = {}
    problems = []
    if is_strict and values.get("PERSONAS_ENV", "production").strip() == "":
        problems.append("PERSONAS_ENV is empty")
    for field_name, variable in VARIABLES.items():
        try:
            value = variable.read(values.get(variable.name), is_strict=is_strict)
        except ValueError as error:
            problems.append(f"{variable.name} {error}")
        else:
            if value is not None:
                parsed[field_name] = value
    if problems:
        lines = "".join(f"\n  {problem}" for problem in problems)
        hint = "\nFor local development, set PERSONAS_ENV=development." if is_strict else ""
        raise ConfigError(f"personas cannot start in {environment}:{lines}{hint}")
    return Settings(environment=environment, instance=instance, prefix=prefix, **parsed)
