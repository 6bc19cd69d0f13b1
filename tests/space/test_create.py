"""Personal spaces, and creating shared ones."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from personas.audit.service import Actor
from personas.auth import service as auth
from personas.database.engine import db
from personas.database.session import write
from personas.http.fields import NIL_ID
from personas.http.problems import Unauthorized
from personas.space import create, service
from personas.space.create import SlugTaken
from personas.user.stamp import HUMAN
from tests.people import PASSWORD, Account
from tests.space.conftest import SPACES

LIST = "/api/auth/organization/list"


def own_spaces(client: FlaskClient, account: Account) -> list[Any]:
    spaces: list[Any] = client.get(LIST, headers=account.headers).get_json()
    return spaces


@pytest.mark.parametrize("path", ["by bearer", "by cookie"])
def test_new_account_has_a_personal_space(client: FlaskClient, ann: Account, path: str) -> None:
    headers = ann.headers if path == "by bearer" else {"Cookie": ann.cookie}

    answer = client.get(LIST, headers=headers)
    [space] = answer.get_json()

    assert answer.status_code == 200
    assert list(space) == ["id", "name", "slug", "metadata", "role", "createdAt"]
    assert space | {"name": "ann", "slug": "ann", "role": "owner"} == space
    assert space["metadata"] == {"type": "personal"}
    assert space["createdAt"].endswith("Z")


def test_new_persona_has_a_personal_space(
    client: FlaskClient, create_persona: Callable[..., Account]
) -> None:
    [space] = own_spaces(client, create_persona("persona.bob@mana.test", name="Bob"))

    assert (space["name"], space["slug"]) == ("Bob", "persona-bob")


def test_session_shows_the_same_spaces(
    client: FlaskClient, ann: Account, create_space: Callable[..., str]
) -> None:
    create_space(ann)
    session = client.get("/api/v1/auth/session", headers=ann.headers).get_json()

    assert session["spaces"] == own_spaces(client, ann)
    assert [space["metadata"]["type"] for space in session["spaces"]] == ["personal", "family"]


def test_equal_slugs_are_numbered(client: FlaskClient, create_user: Callable[..., Account]) -> None:
    accounts = [create_user(f"ann@example{number}.org") for number in range(5)]

    slugs = [own_spaces(client, account)[0]["slug"] for account in accounts]

    assert slugs == ["ann", "ann-2", "ann-3", "ann-4", "ann-5"]


def test_reserved_slug_is_numbered(
    client: FlaskClient, create_user: Callable[..., Account]
) -> None:
    assert own_spaces(client, create_user("admin@example.org"))[0]["slug"] == "admin-2"
    assert own_spaces(client, create_user("admin@example.com"))[0]["slug"] == "admin-3"


def test_long_equal_slugs_are_numbered(
    client: FlaskClient, create_user: Callable[..., Account]
) -> None:
    accounts = [create_user(f"{'a' * 40}{number}@example.org") for number in range(12)]

    slugs = [own_spaces(client, account)[0]["slug"] for account in accounts]

    assert slugs == ["a" * 30, *("a" * 28 + f"-{n}" for n in range(2, 10))] + [
        "a" * 27 + f"-{n}" for n in range(10, 13)
    ]


@pytest.mark.usefixtures("app_ctx")
@pytest.mark.parametrize("namesakes", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_free_slug_after_many_is_found_in_few_queries(namesakes: int) -> None:
    statements = []

    def count(*said: Any) -> None:
        statements.append(said[2])

    for number in range(namesakes):
        with write():
            auth.create_account(
                email=f"ann@example{number}.org", name=None, hashed="x", stamp=HUMAN
            )
    sa.event.listen(db.engine, "before_cursor_execute", count)
    with write():
        auth.create_account(email="ann@example.org", name=None, hashed="x", stamp=HUMAN)
    sa.event.remove(db.engine, "before_cursor_execute", count)

    assert len(statements) < 35


def test_eight_registrations_at_once_get_different_slugs(app: Flask) -> None:
    start = Barrier(8)

    def register(number: int) -> int:
        body = {"email": f"ann@example{number}.org", "password": PASSWORD}
        start.wait()
        return app.test_client().post("/api/v1/auth/register", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(register, range(8)))

    with app.app_context():
        slugs = {row.space.slug for row in service.spaces()[0]}
    assert statuses == [201] * 8
    assert slugs == {"ann", *(f"ann-{number}" for number in range(2, 9))}


def test_refused_registration_creates_no_space(app: Flask, ann: Account) -> None:
    with app.app_context():
        with pytest.raises(auth.EmailTaken):
            auth.register(ann.email, PASSWORD)

        assert len(service.spaces()[0]) == 1


@pytest.mark.parametrize("type_", ["brand", "club", "family", "team", "practice"])
def test_account_owns_the_shared_space_that_it_creates(
    client: FlaskClient, ann: Account, type_: str
) -> None:
    body = {"name": "Die Bäcker", "type": type_}
    answer = client.post(SPACES, json=body, headers=ann.headers)
    space = answer.get_json()["space"]

    assert answer.status_code == 201
    assert list(answer.get_json()) == ["space"]
    assert (space["name"], space["slug"], space["role"]) == ("Die Bäcker", "die-backer", "owner")
    assert space["metadata"] == {"type": type_}
    assert own_spaces(client, ann)[1:] == [space]


def test_requested_slug_must_be_free(client: FlaskClient, ann: Account) -> None:
    body = {"name": "Bakers", "type": "club", "slug": "the-bakers"}
    first = client.post(SPACES, json=body, headers=ann.headers)
    second = client.post(SPACES, json=body, headers=ann.headers)
    reserved = client.post(SPACES, json=body | {"slug": "admin"}, headers=ann.headers)

    assert first.get_json()["space"]["slug"] == "the-bakers"
    assert (second.status_code, reserved.status_code) == (409, 409)
    assert len(own_spaces(client, ann)) == 2


def test_slug_derived_from_a_name_is_numbered(client: FlaskClient, ann: Account) -> None:
    body = {"name": "Ann", "type": "club"}

    answer = client.post(SPACES, json=body, headers=ann.headers)

    assert answer.get_json()["space"]["slug"] == "ann-2"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"type": "personal"}, "type"),
        ({"type": "Family"}, "type"),
        ({"type": None}, "type"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"slug": ""}, "slug"),
        ({"slug": "The-Bakers"}, "slug"),
        ({"slug": "a" * 31}, "slug"),
        ({"slug": "bäcker"}, "slug"),
        ({"slug": "a\n"}, "slug"),
        ({"slug": None}, "slug"),
        ({"role": "owner"}, "role"),
        ({"spaceType": "club"}, "spaceType"),
    ],
    ids=str,
)
def test_invalid_space_is_refused(
    client: FlaskClient, ann: Account, wrong: dict[str, Any], field: str
) -> None:
    body = {"name": "Bakers", "type": "club"} | wrong

    answer = client.post(SPACES, json=body, headers=ann.headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


@pytest.mark.usefixtures("app_ctx")
def test_deleted_account_cannot_create_a_space(ann: Account) -> None:
    deleted = Actor(NIL_ID, ann.email)

    with pytest.raises(Unauthorized):
        create.create("Bakers", "club", by=deleted)
    with pytest.raises(SlugTaken):
        create.create("Bakers", "club", "ann", by=Actor(ann.id))
