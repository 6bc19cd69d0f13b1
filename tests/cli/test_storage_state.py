"""`flask personas storage-state`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import CreateApp
from tests.people import Account
from tests.service import run


def test_the_state_holds_the_session_of_a_persona(
    app: Flask, create_persona: Callable[..., Account]
) -> None:
    create_persona("persona.anna@mana.test", name="Anna")
    result = run(app, "storage-state", "anna")

    state = json.loads(result.stdout)
    (cookie,) = state["cookies"]
    client = app.test_client()
    client.set_cookie(cookie["name"], cookie["value"])
    assert client.get("/api/v1/auth/session").json["user"]["name"] == "Anna"  # type: ignore[index]
    del cookie["value"]
    assert cookie == {
        "name": "personas_session",
        "domain": "localhost",
        "path": "/",
        "expires": -1,
        "httpOnly": True,
        "secure": False,
        "sameSite": "Lax",
    }
    assert state["origins"] == []
    assert result.stderr == ""


def test_any_account_can_be_named_by_email(app: Flask, ann: Account) -> None:
    assert run(app, "storage-state", ann.email).exit_code == 0


def test_the_cookie_is_for_the_host_of_the_service(make_app: CreateApp, ann: Account) -> None:
    app = make_app(url="https://personas.example.org:8443/tools")
    (cookie,) = json.loads(run(app, "storage-state", ann.email).stdout)["cookies"]

    assert (cookie["domain"], cookie["path"]) == ("personas.example.org", "/")


def test_the_output_file_is_private_and_replaced_as_a_whole(
    app: Flask, ann: Account, tmp_path: Path
) -> None:
    file = tmp_path / "ann.json"
    file.write_text("something else")
    file.chmod(0o644)
    result = run(app, "storage-state", ann.email, "--output", file)

    assert result.output == ""
    assert json.loads(file.read_text())["cookies"][0]["name"] == "personas_session"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*ann*")] == ["ann.json"]


@pytest.mark.parametrize("where", ["nowhere/ann.json", "folder"])
def test_an_unwritable_output_path_is_reported(
    app: Flask, ann: Account, tmp_path: Path, where: str
) -> None:
    (tmp_path / "folder").mkdir()
    result = run(app, "storage-state", ann.email, "-o", tmp_path / where)

    assert result.exit_code != 0
    assert where in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_persona_is_reported(app: Flask) -> None:
    result = run(app, "storage-state", "anna")

    assert result.exit_code == 1
    assert "There is no persona named anna." in result.stderr
