"""The settings: where they come from, and which are refused."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from personas.config import settings
from personas.config.parsing import DEV_SEED_SECRET
from personas.config.secrets import new_private_key
from personas.config.settings import ConfigError, Settings, environment_of, load
from tests.conftest import CreateApp

SQLITE = "sqlite:///other.db"
SECRETS = {
    "PERSONA_SEED_SECRET": "the seed " * 5,
    "PERSONAS_SECRET_KEY": "the secret " * 5,
    "PERSONAS_SERVICE_KEY": "the service " * 5,
    "PERSONAS_JWT_PRIVATE_KEY": new_private_key(),
}


@pytest.fixture
def development(tmp_path: Path) -> Callable[..., Settings]:
    """The settings in development: `development(url="https://…")`."""

    def development(**values: str) -> Settings:
        variables = {f"PERSONAS_{name.upper()}": value for name, value in values.items()}
        return load(variables, environment="development", instance=tmp_path)

    return development


def error_message(instance: Path, values: dict[str, str], environment: Any = "production") -> str:
    """The error for settings that prevent the start."""
    with pytest.raises(ConfigError) as caught:
        load(values, environment=environment, instance=instance)
    return caught.value.message


@pytest.mark.parametrize(
    ("values", "environment"),
    [
        ({}, "production"),
        ({"FLASK_RUN_FROM_CLI": "true"}, "development"),
        ({"FLASK_RUN_FROM_CLI": "false"}, "production"),
        ({"FLASK_RUN_FROM_CLI": ""}, "production"),
        ({"FLASK_RUN_FROM_CLI": "true", "PERSONAS_DATABASE_URL": SQLITE}, "production"),
        ({"FLASK_RUN_FROM_CLI": "true", "PERSONAS_DATABASE_URL": ""}, "development"),
        ({"FLASK_RUN_FROM_CLI": "true", "PERSONAS_DATABASE_URL": " "}, "development"),
        ({"FLASK_RUN_FROM_CLI": "true", "PERSONAS_ENV": ""}, "development"),
        ({"FLASK_RUN_FROM_CLI": "true", "PERSONAS_ENV": "production"}, "production"),
        ({"PERSONAS_ENV": ""}, "production"),
        ({"PERSONAS_ENV": "production"}, "production"),
        ({"PERSONAS_ENV": "development"}, "development"),
        ({"PERSONAS_ENV": " development "}, "development"),
        ({"PERSONAS_ENV": "development", "PERSONAS_DATABASE_URL": SQLITE}, "development"),
        ({"FLASK_ENV": "development", "FLASK_DEBUG": "1"}, "production"),
    ],
    ids=str,
)
def test_the_environment_is_derived_from_the_variables(
    values: dict[str, str], environment: str
) -> None:
    assert environment_of(values) == environment


@pytest.mark.parametrize("word", ["test", "Production", "DEVELOPMENT", "dev", "prod", "staging"])
def test_an_unknown_environment_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="PERSONAS_ENV"):
        environment_of({"PERSONAS_ENV": word})


def test_every_setting_has_a_default(development: Callable[..., Settings], tmp_path: Path) -> None:
    settings = development()

    assert settings.database_url == f"sqlite:///{tmp_path}/personas.db"
    assert (settings.url, settings.audience) == ("http://localhost:5000", "mana")
    assert settings.email_domains == {"mana.test"}
    assert str(settings.timezone) == "UTC"
    assert settings.password_min_length == 15
    assert (settings.ratelimit_enabled, settings.ratelimit_storage) == (True, "memory://")
    assert settings.trusted_proxies == 0
    assert settings.seed_secret == DEV_SEED_SECRET
    assert settings.jwt_previous_keys == ()
    assert not list(tmp_path.iterdir())  # a secret is created when it is first used


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_in_development_an_empty_value_is_unset(tmp_path: Path, empty: str) -> None:
    values = dict.fromkeys((*settings.KNOWN_NAMES - {"PERSONAS_ENV"}, "PERSONA_SEED_SECRET"), empty)

    loaded = load(values, environment="development", instance=tmp_path)

    assert loaded == load({}, environment="development", instance=tmp_path)


def test_in_production_an_empty_value_is_an_error(tmp_path: Path) -> None:
    # the first chooses the environment, the second belongs to the commands
    names = settings.KNOWN_NAMES - {"PERSONAS_ENV", "PERSONAS_ADMIN_JWT"} - SECRETS.keys()
    message = error_message(tmp_path, SECRETS | dict.fromkeys(names, ""))

    assert [name for name in names if f"{name} is empty" not in message] == []


def test_production_starts_with_all_secrets(tmp_path: Path) -> None:
    settings = load(SECRETS, environment="production", instance=tmp_path)

    assert settings.is_production
    assert not list(tmp_path.iterdir())


def test_production_names_every_missing_secret_at_once(tmp_path: Path) -> None:
    message = error_message(tmp_path, {})

    assert [name for name in SECRETS if f"{name} is not set" not in message] == []


@pytest.mark.parametrize(
    "value",
    ["", " ", " " * 40, "hunter2", "x" * 31, "ä" * 15, f"  {'x' * 31}  ", DEV_SEED_SECRET],
    ids=repr,
)
def test_production_names_every_invalid_secret_at_once_and_shows_none(
    tmp_path: Path, value: str
) -> None:
    names = (*SECRETS, "PERSONAS_SERVICE_KEY_PREVIOUS")
    message = error_message(tmp_path, dict.fromkeys(names, value))

    assert [name for name in names if f"{name} " not in message] == []
    assert message.count("\n  PERSONA") == len(names)
    assert not value.strip() or value.strip() not in message


@pytest.mark.parametrize("secret", ["x" * 32, "ä" * 16, "1234567890" * 4])
def test_a_secret_has_at_least_32_bytes(tmp_path: Path, secret: str) -> None:
    values = SECRETS | {"PERSONAS_SECRET_KEY": secret, "PERSONAS_SERVICE_KEY": secret}

    settings = load(values, environment="production", instance=tmp_path)

    assert (settings.secret_key, settings.service_keys) == (secret, (secret,))


@pytest.mark.parametrize("secret", [" geheim", "geheim ", "geheim\t"], ids=repr)
def test_the_seed_secret_is_not_stripped(tmp_path: Path, secret: str) -> None:
    # other programs share the variable and derive from its exact value (contract, section 9)
    values = {"PERSONA_SEED_SECRET": secret}

    settings = load(values, environment="development", instance=tmp_path)

    assert settings.seed_secret == secret


def test_digits_stay_text(development: Callable[..., Settings]) -> None:
    settings = development(service_key="1234567890" * 4, secret_key="0" * 40, audience="007")

    assert settings.service_keys == ("1234567890" * 4,)
    assert settings.secret_key == "0" * 40
    assert settings.audience == "007"


def test_two_service_keys_are_valid_during_rotation(development: Callable[..., Settings]) -> None:
    settings = development(service_key="new", service_key_previous="old")

    assert settings.service_keys == ("new", "old")


def test_a_repr_shows_no_secret(development: Callable[..., Settings]) -> None:
    settings = development(
        database_url="postgresql://ann:hunter2@db/personas",
        secret_key="hunter2-key",
        service_key="hunter2-service",
        service_key_previous="hunter2-previous",
        jwt_private_key=new_private_key(),
    )

    assert "hunter2" not in repr(settings)
    assert "PRIVATE" not in repr(settings)
    assert "hunter2" in settings.service_keys[0]


def test_a_repr_shows_no_storage_password(development: Callable[..., Settings]) -> None:
    settings = development(ratelimit_storage="redis://:hunter2@cache/0")

    assert "hunter2" not in repr(settings)


def test_an_unknown_setting_causes_a_warning(
    make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        make_app(sevice_key="x" * 40, url="http://localhost:5001")

    assert "PERSONAS_SEVICE_KEY" in caplog.text
    assert "PERSONAS_URL" not in caplog.text
    assert "xxx" not in caplog.text


def test_only_names_with_the_prefix_can_be_unknown() -> None:
    assert settings.unknown_names(dict.fromkeys(settings.KNOWN_NAMES, "x")) == []
    assert settings.unknown_names({"PERSONA_SEED_SECRET": "x", "PATH": "x", "PERSONAS": "x"}) == []
    assert settings.unknown_names({"PERSONAS_": "x", "PERSONAS_url": "x"}) == [
        "PERSONAS_",
        "PERSONAS_url",
    ]


def test_the_environment_overrides_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["PERSONAS_AUDIENCE=file", 'PERSONAS_SERVICE_KEY="0123"', "PERSONAS_URL=", "PERSONAS_X"]
    (tmp_path / ".env").write_text("\n".join(lines))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.delenv("PERSONAS_SERVICE_KEY", raising=False)
    monkeypatch.setenv("PERSONAS_AUDIENCE", "process")

    values = settings.environ()

    assert values["PERSONAS_AUDIENCE"] == "process"
    assert values["PERSONAS_SERVICE_KEY"] == "0123"
    assert values["PERSONAS_URL"] == ""
    assert "PERSONAS_X" not in values


@pytest.mark.parametrize(
    ("url", "warning"),
    [
        ("http://localhost:5055", ""),
        ("http://localhost:5000", "http://localhost:5055 for"),
        ("http://localhost:5000/below", "http://localhost:5055/below for"),
        ("https://personas.example.org", ""),
    ],
)
def test_flask_run_warns_when_its_port_differs_from_the_url(
    make_app: CreateApp, capsys: pytest.CaptureFixture[str], url: str, warning: str
) -> None:
    with click.Context(click.Command("run"), info_name="run") as context:
        context.params["port"] = 5055
        make_app(url=url)

    printed = capsys.readouterr().err
    assert warning in printed
    assert ("PERSONAS_URL" in printed) == bool(warning)
