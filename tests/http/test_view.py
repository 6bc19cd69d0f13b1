"""What a view declares is how it is called and how its answer is written."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask import Flask, Response

from personas.auth.guard import ANYONE, allow
from personas.http.body import read_body
from personas.http.fields import Answer, Id, Schema, Text
from personas.http.problems import NotFound, register_error_handlers
from personas.http.view import Blueprint, operation_of, raises


class Plant(NamedTuple):
    id: str
    name: str


class PlantAnswer(Answer):
    id = Id()
    name = Text(1, 20)


class NewPlant(Schema):
    name = Text(1, 20, required=True)


class PlantQuery(Schema):
    bed = Text(1, 20)


ROSE = Plant("1", "Rose")
WRITTEN = b'{"id":"1","name":"Rose"}\n'


def served(view: Callable[..., Any]) -> Flask:
    app = Flask("plants")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # as in our own application
    app.add_url_rule("/plants", "plants", view, methods=["GET", "POST"])
    app.before_request(read_body)
    register_error_handlers(app)
    app.testing = True
    return app


@pytest.mark.parametrize(
    ("result", "status", "body", "kind"),
    [
        (ROSE, 201, WRITTEN, None),
        ((ROSE, 200), 200, WRITTEN, None),
        ((ROSE, {"Cache-Control": "public"}), 201, WRITTEN, "public"),
        ((ROSE, 200, {"Cache-Control": "public"}), 200, WRITTEN, "public"),
        (Response(status=204), 204, b"", None),
    ],
)
def test_a_view_returns_a_value_and_if_need_be_status_and_headers(
    result: object, status: int, body: bytes, kind: str | None
) -> None:
    @Blueprint.response(201, PlantAnswer)
    @Blueprint.alt_response(200, PlantAnswer)
    def view() -> object:
        return result

    answer = served(view).test_client().get("/plants")

    assert (answer.status_code, answer.data) == (status, body)
    assert answer.headers.get("Cache-Control") == kind
    assert status == 204 or answer.content_type == "application/json"


def test_an_undeclared_status_is_a_bug() -> None:
    @Blueprint.response(200, PlantAnswer)
    def view() -> tuple[Plant, int]:
        return ROSE, 418

    with pytest.raises(KeyError):
        served(view).test_client().get("/plants")


def test_the_body_comes_before_the_query() -> None:
    @Blueprint.arguments(PlantQuery, location="query")
    @Blueprint.arguments(NewPlant)
    @Blueprint.response(200)
    def view(body: dict[str, Any], query: dict[str, Any]) -> list[dict[str, Any]]:
        return [body, query]

    client = served(view).test_client()

    assert client.post("/plants?bed=3", json={"name": "Rose"}).json == [
        {"name": "Rose"},
        {"bed": "3"},
    ]
    assert client.post("/plants?bed=", json={}).get_json()["errors"].keys() == {"name"}
    assert client.post("/plants?bed=", json={"name": "Rose"}).get_json()["errors"].keys() == {"bed"}


def test_the_order_of_declarations_does_not_matter() -> None:
    declarations = [
        allow(ANYONE, needs_database=False),
        raises(NotFound),
        Blueprint.arguments(NewPlant),
        Blueprint.arguments(PlantQuery, location="query"),
        Blueprint.response(201, PlantAnswer),
        Blueprint.alt_response(200, PlantAnswer),
    ]

    def declared(order: list[Any]) -> tuple[Any, ...]:
        def view() -> None: ...

        decorated: Any = view
        for declare in order:
            decorated = declare(decorated)
        operation = operation_of(decorated)
        return (
            operation.allows,
            operation.needs_database,
            operation.raises,
            operation.body,
            operation.query_names,
            set(operation.responses),
        )

    assert declared(declarations) == declared(declarations[::-1])
    assert declared(declarations)[:3] == (ANYONE, False, (NotFound,))
    assert declared(declarations)[4:] == ({"bed"}, {200, 201})


def test_a_view_that_declares_nothing_is_closed() -> None:
    assert operation_of(lambda: None).allows is None
