"""Every setting, its default, its type and its check (contract, section 8)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from dotenv import dotenv_values, find_dotenv
from flask import current_app

from personas import variable
from personas.secret import (
    new_private_key,
    new_secret,
    private_key,
    public_keys,
    read_or_create,
)

Environment = Literal["development", "production", "test"]

KNOWN_NAMES = {
    "PERSONAS_ADMIN_JWT",  # the commands' and the plugin's own
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
    prefix: str  # the path under which another application mounts us; "" alone
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
    try:
        file = dotenv_values(find_dotenv(usecwd=True))
    except (OSError, ValueError) as error:
        raise ConfigError(f"The file .env cannot be read: {error}") from None
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


def load(
    values: Mapping[str, str], *, environment: Environment, instance: Path, prefix: str = ""
) -> Settings:
    """Read and check all settings, of a service that is mounted at `prefix`.

    Raises ConfigError with one message that names everything that is wrong.
    """
    if environment not in get_args(Environment):  # "testing" must not open a production host
        raise ConfigError(f"environment={environment!r}: it takes development, production or test")
    read = variable.Reader(values, strict=environment == "production")
    read("PERSONAS_ENV", str, None)  # environment_of has read it; here it must not be empty
    found = Settings(
        environment=environment,
        instance=instance,
        prefix=prefix,
        database_url=read(
            "PERSONAS_DATABASE_URL",
            lambda text: variable.database(text, instance),
            f"sqlite:///{instance / 'personas.db'}",
        ),
        url=read("PERSONAS_URL", variable.base_url, f"http://localhost:5000{prefix}"),
        audience=read("PERSONAS_AUDIENCE", variable.ascii_text, "mana"),
        email_domains=read("PERSONAS_EMAIL_DOMAINS", variable.domains, frozenset({"mana.test"})),
        timezone=read("PERSONAS_TIMEZONE", variable.timezone, ZoneInfo("UTC")),
        # at most the 32 characters of a derived password, which must always pass
        password_min_length=read("PERSONAS_PASSWORD_MIN_LENGTH", variable.integer(8, 32), 15),
        ratelimit_enabled=read("PERSONAS_RATELIMIT_ENABLED", variable.boolean, True),
        ratelimit_storage=read("PERSONAS_RATELIMIT_STORAGE", str, "memory://"),
        trusted_proxies=read("PERSONAS_TRUSTED_PROXIES", variable.integer(0, 10), 0),
        smtp_url=read("PERSONAS_SMTP_URL", variable.smtp_url, None),
        mail_from=read("PERSONAS_MAIL_FROM", variable.mail_from, "personas@localhost"),
        seed_secret=read.secret("PERSONA_SEED_SECRET") or variable.DEV_SEED_SECRET,
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
