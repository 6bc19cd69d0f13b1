"""How a host starts with the service mounted: its environment, its settings, its database."""

from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask

from personas import Personas
from personas.config.settings import ConfigError, Settings
from personas.database import schema
from personas.state import state_of
from tests.database.raw import Raw
from tests.mount.conftest import CreateHost


def environment_of(**options: object) -> str:
    host = Flask("host")
    Personas(host, **options)  # type: ignore[arg-type]
    environment: str = state_of(host.extensions["personas"])[Settings].environment
    return environment


def test_development_is_the_default_only_under_flask_run() -> None:
    assert environment_of(values={"FLASK_RUN_FROM_CLI": "true"}) == "development"
    with pytest.raises(ConfigError, match="personas cannot start in production"):
        environment_of(values={})
    with pytest.raises(ConfigError, match="PERSONAS_SECRET_KEY is not set"):
        environment_of(
            values={"FLASK_RUN_FROM_CLI": "true", "PERSONAS_DATABASE_URL": "sqlite:///x.db"}
        )


def test_a_test_suite_passes_its_environment_as_an_argument() -> None:
    assert environment_of(environment="test", values={}) == "test"


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="environment='testing' is unknown; use development"):
        environment_of(environment="testing", values={})


def test_invalid_settings_are_reported_and_leave_the_host_unchanged() -> None:
    host = Flask("host")
    wsgi_app = host.wsgi_app

    with pytest.raises(ConfigError) as raised:
        Personas(host, environment="production", values={"PERSONAS_TIMEZONE": "Mars"})

    assert raised.value.message.count("\n  ") == 5
    assert (host.extensions, host.cli.commands, host.wsgi_app) == ({}, {}, wsgi_app)


@pytest.mark.parametrize("path", ["/personasx", "/members", "/personas/healthz", "/nowhere"])
def test_the_first_request_to_any_path_creates_the_schema(
    make_host: CreateHost, tmp_path: Path, path: str
) -> None:
    host = make_host(tmp_path / "fresh")
    file = tmp_path / "fresh" / "personas.db"
    existed = file.exists()

    host.test_client().get(path)

    raw = Raw(f"sqlite:///{file}")
    assert not existed
    assert raw.run(f"SELECT version_num FROM {schema.VERSION_TABLE}") == [(schema.head(),)]
    raw.close()


def test_simultaneous_first_requests_all_find_the_schema(
    make_host: CreateHost, tmp_path: Path
) -> None:
    host = make_host(tmp_path / "fresh")
    start = Barrier(8)
    answers = []

    def send_request() -> None:
        start.wait()
        answers.append(host.test_client().get("/members").status_code)

    threads = [Thread(target=send_request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [401] * 8


def test_a_view_called_without_a_server_finds_the_schema(
    make_host: CreateHost, tmp_path: Path
) -> None:
    host = make_host(tmp_path / "fresh")

    with host.test_request_context("/"):
        text = host.ensure_sync(host.view_functions["index"])()

    assert text == "Hello, stranger."


def test_the_hosts_pages_do_not_depend_on_our_database(
    make_host: CreateHost, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = tmp_path / "away" / "personas.db"
    database.mkdir(parents=True)  # a folder where the file should be
    host = make_host(values={"PERSONAS_DATABASE_URL": f"sqlite:///{database}"})
    visitor = host.test_client()

    host_pages = [visitor.get("/personasx").status_code for _ in range(2)]
    readiness = visitor.get("/personas/readyz").status_code
    database.rmdir()

    assert (host_pages, readiness) == ([200, 200], 503)
    assert caplog.text.count("not ready") == 1
    assert visitor.get("/personas/readyz").status_code == 200
    assert visitor.get("/members").status_code == 401
