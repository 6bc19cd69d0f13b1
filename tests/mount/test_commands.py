"""`flask personas …` in the command line of a host."""

from pathlib import Path

import pytest
from flask import Flask

from personas.database.schema import head
from tests.mount.conftest import CreateHost


def test_a_command_works_on_the_mounted_service(host: Flask) -> None:
    runner = host.test_cli_runner()

    seeded = runner.invoke(args=["personas", "seed"])
    token = runner.invoke(args=["personas", "token", "anna"]).stdout.strip()

    assert "10 created" in seeded.stdout
    visitor = host.test_client()
    answer = visitor.get("/beta", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_a_command_creates_the_schema_in_the_hosts_instance_folder(
    make_host: CreateHost, tmp_path: Path
) -> None:
    host = make_host(tmp_path / "fresh")
    before = {path.name for path in (tmp_path / "fresh").iterdir()}

    upgraded = host.test_cli_runner().invoke(args=["personas", "upgrade"])

    assert before == {"host.db"}
    assert upgraded.stdout == f"The database is at revision {head()}.\n"
    assert (tmp_path / "fresh" / "personas.db").exists()


@pytest.mark.parametrize("args", [["--help"], ["db", "--help"], ["personas", "--help"]])
def test_the_hosts_own_commands_write_nothing(
    make_host: CreateHost, tmp_path: Path, args: list[str]
) -> None:
    host = make_host(tmp_path / "fresh")

    result = host.test_cli_runner().invoke(args=args)

    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "fresh").iterdir()} == {"host.db"}


def test_a_database_error_is_reported_in_one_sentence(
    make_host: CreateHost, tmp_path: Path
) -> None:
    host = make_host(values={"PERSONAS_DATABASE_URL": f"sqlite:///{tmp_path}"})  # a folder

    result = host.test_cli_runner().invoke(args=["personas", "list"])

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be reached or is locked.")
