"""The values of single settings: which are accepted, and which are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from personas.config.secrets import new_private_key, private_key
from personas.config.settings import ConfigError, load


@pytest.fixture
def setting(tmp_path: Path) -> Callable[[str, str], Any]:
    """The parsed value of one variable: `setting("timezone", "Europe/Berlin")`."""

    def setting(name: str, text: str) -> Any:
        values = {f"PERSONAS_{name.upper()}": text}
        return getattr(load(values, environment="development", instance=tmp_path), name)

    return setting


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("sqlite:///other.db", "sqlite:///{instance}/other.db"),
        ("sqlite:///below/other.db", "sqlite:///{instance}/below/other.db"),
        ("sqlite:////var/lib/personas.db", "sqlite:////var/lib/personas.db"),
        (" sqlite:///other.db\n", "sqlite:///{instance}/other.db"),
        ("postgresql://ann:pw@db:5432/p", "postgresql+psycopg://ann:pw@db:5432/p"),
        ("postgres://ann@db/p?sslmode=require", "postgresql+psycopg://ann@db/p?sslmode=require"),
        ("postgresql+psycopg://ann:p%40w@db/p", "postgresql+psycopg://ann:p%40w@db/p"),
    ],
)
def test_a_database_is_a_sqlite_file_or_postgresql(
    setting: Callable[[str, str], Any], tmp_path: Path, text: str, url: str
) -> None:
    assert setting("database_url", text) == url.format(instance=tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ann:hunter2@db/personas",
        "postgresql+asyncpg://ann:hunter2@db/personas",
        "postgresql://ann:hunter2",
        "postgresql://ann@db:hunter2/personas",
        "hunter2",
        "ann:hunter2@db/personas",
        "://hunter2",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file.db?mode=memory",
        "sqlite:///file::memory:?uri=true&hunter2",
        "sqlite+aiosqlite:///file.db",
    ],
)
def test_an_unsupported_database_is_refused_and_its_password_not_shown(
    setting: Callable[[str, str], Any], text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        setting("database_url", text)

    assert "PERSONAS_DATABASE_URL" in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("url", "https://personas.example.org/", "https://personas.example.org"),
        ("url", "http://127.0.0.1:5001/a/b", "http://127.0.0.1:5001/a/b"),
        ("email_domains", "mana.test", {"mana.test"}),
        ("email_domains", " Mana.test , example.test", {"mana.test", "example.test"}),
        ("password_min_length", "8", 8),
        ("password_min_length", "32", 32),
        ("trusted_proxies", "0", 0),
        ("trusted_proxies", "2", 2),
        ("ratelimit_enabled", "false", False),
        ("ratelimit_enabled", "True", True),
        ("ratelimit_enabled", "0", False),
        ("ratelimit_enabled", "yes", True),
    ],
)
def test_a_value_is_parsed_to_its_type(
    setting: Callable[[str, str], Any], name: str, text: str, value: object
) -> None:
    assert setting(name, text) == value


def test_a_timezone_is_given_by_name(setting: Callable[[str, str], Any]) -> None:
    assert str(setting("timezone", "Europe/Berlin")) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("url", ("localhost", "ftp://x", "https://", "//x", "https://x/?a=1", "https://x/#a")),
        ("url", ("http://[::1", "https://x:port", "https://x:99999")),
        ("email_domains", (",", "mana.test,", "@mana.test", "mana test", "*.test", "mänä.test")),
        ("timezone", ("Mars/Olympus", "Europe", "../UTC", "/etc/localtime", "+02:00", "x" * 300)),
        ("password_min_length", ("7", "33", "-15", "+15", "15.0", "fifteen", "١٥", "9" * 5000)),
        ("trusted_proxies", ("-1", "11", "1.0", "true", "²")),
        ("ratelimit_enabled", ("maybe", "2", "on off", "-")),
        ("jwt_previous_keys", ("no key", "-----BEGIN PRIVATE KEY-----", "-----BEGIN X-----a")),
    ],
)
def test_the_error_for_an_invalid_value_names_the_setting(
    setting: Callable[[str, str], Any], name: str, texts: tuple[str, ...]
) -> None:
    for text in texts:
        with pytest.raises(ConfigError, match=f"PERSONAS_{name.upper()} "):
            setting(name, text)


def test_one_message_names_every_invalid_setting(tmp_path: Path) -> None:
    values = {
        "PERSONAS_URL": "nowhere",
        "PERSONAS_TIMEZONE": "Mars/Olympus",
        "PERSONAS_TRUSTED_PROXIES": "many",
        "PERSONAS_DATABASE_URL": "mysql://db",
    }

    with pytest.raises(ConfigError) as caught:
        load(values, environment="development", instance=tmp_path)

    assert [name for name in values if name not in caught.value.message] == []


def test_a_private_key_may_be_on_one_line(setting: Callable[[str, str], Any]) -> None:
    pem = new_private_key()

    empty = setting("given_jwt_private_key", "")
    texts = [pem, pem.replace("\n", "\\n"), f"\n {pem} \n"]

    assert empty is None
    assert {private_key(text).private_bytes_raw() for text in texts} == {
        private_key(pem).private_bytes_raw()
    }


@pytest.mark.parametrize("pem", ["hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n"])
def test_an_invalid_private_key_is_refused_and_not_shown(tmp_path: Path, pem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"PERSONAS_JWT_PRIVATE_KEY": pem}, environment="development", instance=tmp_path)

    assert "PERSONAS_JWT_PRIVATE_KEY must be an Ed25519 private key" in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("storage", ["nowhere", "foo://:hunter2@cache", ":hunter2@cache"])
def test_an_invalid_rate_limit_storage_is_refused_and_not_shown(
    make_app: Callable[..., Flask], storage: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_app(ratelimit_storage=storage)

    assert "PERSONAS_RATELIMIT_STORAGE" in caught.value.message
    assert "hunter2" not in caught.value.message
