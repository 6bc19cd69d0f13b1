"""Fixtures of the activity tests: the runner, its personas and their stored rows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.audit.service import CLI
from personas.auth.session import login
from personas.database.engine import db
from personas.persona.put import put
from tests.activity.runner import Runner
from tests.people import PASSWORD, Account, persona

Read = Callable[..., Any]


@pytest.fixture
def persona_runner(client: FlaskClient, as_runner: dict[str, str]) -> Runner:
    return Runner(client, as_runner)


@pytest.fixture
def bob(create_persona: Callable[..., Account]) -> str:
    """The id of a persona."""
    return create_persona("persona.bob@mana.test", name="Bob").id


@pytest.fixture
def kim(create_persona: Callable[..., Account]) -> str:
    return create_persona("persona.kim@mana.test", name="Kim").id


@pytest.fixture
def stored(app: Flask) -> Read:
    """The stored rows of a query: `stored("SELECT tick_id FROM persona_actions")`."""

    def read(query: str) -> list[tuple[Any, ...]]:
        with app.app_context(), db.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    return read


@pytest.fixture
def admin_view(app: Flask, client: FlaskClient, admin: Account) -> Read:
    """What an admin reads of all personas, `admin_view()`, or of one, `admin_view(bob)`. Logs in
    on each call, because a test may have moved the clock past the expiry of the token."""

    def read(persona_id: str | None = None) -> Any:
        with app.app_context():
            token = login(admin.email, PASSWORD).access_token
        path = "/api/v1/admin/personas" + (f"/{persona_id}" if persona_id else "")
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    return read


@pytest.fixture
def pair(database: Flask) -> Iterator[tuple[str, str]]:
    """The ids of Bob and Kim, once on each database, with its application context pushed."""
    with database.app_context():
        outcomes = [
            put(f"persona.{name}@mana.test", PASSWORD, persona(name=name.title()), actor=CLI)
            for name in ("bob", "kim")
        ]
        bob, kim = (str(outcome.user_id) for outcome in outcomes)
        yield bob, kim
