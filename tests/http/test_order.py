"""What is checked before what, and what a query may say (contract, section 6)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.limit import REGISTER as REGISTRATIONS
from personas.auth.limit import Limits
from personas.http.body import LIMIT
from personas.http.fields import NIL_ID
from personas.state import state_of
from tests.people import PASSWORD, Account, body

PERSONAS = "/api/v1/admin/personas"
USERS = "/api/v1/admin/users"
NOBODY = f"{USERS}/{NIL_ID}"
REGISTER = "/api/v1/auth/register"
TOO_MUCH: dict[str, Any] = {"data": b"{" * (LIMIT + 1), "content_type": "text/plain"}
GARBAGE: dict[str, Any] = {"data": b"{", "content_type": "text/plain"}
MALFORMED: dict[str, Any] = {"data": b"{", "content_type": "application/json"}
TAKEN: dict[str, Any] = {"json": {"email": "bob@mana.test", "password": PASSWORD}}
BAD: dict[str, Any] = {"json": body(email="bob@mana.test", tickCadence="never")}
REFUSALS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("POST", "/api/v1/admin/nothing", "nobody", TOO_MUCH, 404),
    ("POST", f"{PERSONAS}/", "admin", TOO_MUCH, 404),
    ("POST", f"/{PERSONAS}", "admin", BAD, 404),
    ("GET", "/nothing", "nobody", {}, 404),
    ("PUT", PERSONAS, "nobody", TOO_MUCH, 405),
    ("DELETE", f"{PERSONAS}?x=1", "user", TOO_MUCH, 405),
    ("GET", REGISTER, "nobody", {}, 405),
    ("POST", PERSONAS, "nobody", TOO_MUCH, 401),
    ("POST", f"{PERSONAS}?x=1", "nobody", GARBAGE, 401),
    ("POST", PERSONAS, "user", TOO_MUCH, 403),
    ("POST", f"{PERSONAS}?x=1", "user", GARBAGE, 403),
    ("POST", f"{PERSONAS}?x=1", "admin", TOO_MUCH, 413),
    ("POST", f"{PERSONAS}?x=1", "admin", GARBAGE, 415),
    ("POST", f"{PERSONAS}?x=1", "admin", MALFORMED, 400),
    ("POST", f"{PERSONAS}?x=1", "admin", {"json": body()}, 422),
    ("POST", PERSONAS, "admin", BAD, 422),
    ("POST", PERSONAS, "admin", {"json": body(email="bob@mana.test")}, 409),
    ("POST", REGISTER, "nobody", TOO_MUCH, 413),
    ("POST", REGISTER, "nobody", GARBAGE, 415),
    ("POST", REGISTER, "nobody", MALFORMED, 400),
    ("POST", REGISTER, "nobody", {"json": {"email": "bob@mana.test"}}, 422),
    ("POST", REGISTER, "nobody", TAKEN, 409),
    ("PATCH", NOBODY, "nobody", TOO_MUCH, 401),
    ("PATCH", NOBODY, "user", TOO_MUCH, 403),
    ("PATCH", NOBODY, "admin", TOO_MUCH, 413),
    ("PATCH", NOBODY, "admin", GARBAGE, 415),
    ("PATCH", NOBODY, "admin", MALFORMED, 400),
    ("PATCH", NOBODY, "admin", {"json": {"role": "service"}}, 422),
    ("PATCH", NOBODY, "admin", {"json": {"role": "user"}}, 404),
    ("DELETE", f"{NOBODY}?x=1", "admin", GARBAGE, 422),
    ("DELETE", NOBODY, "admin", GARBAGE, 404),
    ("GET", f"{PERSONAS}/{NIL_ID}?x=1", "admin", GARBAGE, 422),
    ("GET", f"{PERSONAS}/{NIL_ID}", "admin", GARBAGE, 404),
    ("POST", "/api/v1/auth/logout?x=1", "nobody", TOO_MUCH, 401),
]  # fmt: skip


@pytest.fixture
def people(ann: Account, admin: Account) -> dict[str, dict[str, str]]:
    """The headers of those who ask."""
    return {"nobody": {}, "user": ann.headers, "admin": admin.headers}


def test_the_first_thing_that_is_wrong_is_said(
    client: FlaskClient,
    create_user: Callable[..., Account],
    people: dict[str, dict[str, str]],
) -> None:
    create_user("bob@mana.test")

    answers = [
        client.open(path, method=method, headers=people[who], **sent)
        for method, path, who, sent, _ in REFUSALS
    ]

    said = [(*row[:4], answer.status_code) for row, answer in zip(REFUSALS, answers, strict=True)]
    assert [row for row in said if row not in REFUSALS] == []
    assert {answer.content_type for answer in answers} == {"application/problem+json"}
    assert [answer.get_json()["status"] for answer in answers] == [row[-1] for row in REFUSALS]
    assert all(("errors" in each.get_json()) == (each.status_code == 422) for each in answers)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (REGISTER, {"POST", "OPTIONS"}),
        (PERSONAS, {"GET", "HEAD", "POST", "OPTIONS"}),
        (NOBODY, {"PATCH", "DELETE", "OPTIONS"}),
    ],
)
def test_another_method_is_answered_with_those_allowed(
    client: FlaskClient, path: str, methods: set[str]
) -> None:
    answer = client.put(path)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == methods


def test_too_many_comes_after_bad_values_and_before_a_conflict(
    app: Flask, client: FlaskClient, ann: Account
) -> None:
    for _ in range(REGISTRATIONS.amount):
        state_of(app)[Limits].count(REGISTRATIONS, "127.0.0.1")

    malformed = client.post(REGISTER, **MALFORMED)
    bad = client.post(REGISTER, json={"email": ann.email})
    taken = client.post(REGISTER, json={"email": ann.email, "password": PASSWORD})

    assert [each.status_code for each in (malformed, bad, taken)] == [400, 422, 429]


def test_every_api_route_refuses_a_parameter_that_it_does_not_know(
    app: Flask, client: FlaskClient, admin: Account, as_runner: dict[str, str]
) -> None:
    paths = app.url_map.bind("localhost")
    everybody = admin.headers | as_runner | {"Cookie": admin.cookie}
    asked, answers = [], []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web."):
            continue  # a page ignores it
        path = paths.build(rule.endpoint, dict.fromkeys(rule.arguments, NIL_ID))
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}):
            sent: dict[str, Any] = {"json": {}} if method in ("POST", "PATCH") else {}
            asked.append((method, path))
            answers.append(
                client.open(f"{path}?nonsense=1", method=method, headers=everybody, **sent)
            )

    found = {each: answer.status_code for each, answer in zip(asked, answers, strict=True)}
    assert found == dict.fromkeys(asked, 422)
    assert all(list(answer.get_json()["errors"]) == ["nonsense"] for answer in answers)


def test_a_parameter_is_known_and_comes_once(client: FlaskClient, admin: Account) -> None:
    wrong = {
        "limit=1&limit=1": "limit",
        "q=a&kind=all&q=b": "q",
        "nonsense=1&nonsense=2": "nonsense",
        "nonsense": "nonsense",
        "Limit=1": "Limit",
        "next_cursor=1": "next_cursor",
        "=1": "",
        "%00=1": "\0",
        "q=%00": "q",
        "q=": "q",
    }

    answers = {query: client.get(f"{USERS}?{query}", headers=admin.headers) for query in wrong}

    assert {answer.status_code for answer in answers.values()} == {422}
    named = {query: answer.get_json()["errors"] for query, answer in answers.items()}
    assert named.keys() == wrong.keys()
    assert all(list(named[query]) == [name] for query, name in wrong.items())


def test_a_parameter_that_is_no_utf8_is_read_somehow(client: FlaskClient, admin: Account) -> None:
    assert client.get(f"{USERS}?q=%ff%fe", headers=admin.headers).status_code in (200, 422)
