"""The order of checks, and the query parameters (contract, section 6)."""

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
UNKNOWN_USER = f"{USERS}/{NIL_ID}"
REGISTER = "/api/v1/auth/register"
TOO_MUCH: dict[str, Any] = {"data": b"{" * (LIMIT + 1), "content_type": "text/plain"}
GARBAGE: dict[str, Any] = {"data": b"{", "content_type": "text/plain"}
MALFORMED: dict[str, Any] = {"data": b"{", "content_type": "application/json"}
TAKEN: dict[str, Any] = {"json": {"email": "bob@mana.test", "password": PASSWORD}}
BAD: dict[str, Any] = {"json": body(email="bob@mana.test", tickCadence="never")}
REFUSALS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("POST", "/api/v1/admin/nothing", "anonymous", TOO_MUCH, 404),
    ("POST", f"{PERSONAS}/", "admin", TOO_MUCH, 404),
    ("POST", f"/{PERSONAS}", "admin", BAD, 404),
    ("GET", "/nothing", "anonymous", {}, 404),
    ("PUT", PERSONAS, "anonymous", TOO_MUCH, 405),
    ("DELETE", f"{PERSONAS}?x=1", "user", TOO_MUCH, 405),
    ("GET", REGISTER, "anonymous", {}, 405),
    ("POST", PERSONAS, "anonymous", TOO_MUCH, 401),
    ("POST", f"{PERSONAS}?x=1", "anonymous", GARBAGE, 401),
    ("POST", PERSONAS, "user", TOO_MUCH, 403),
    ("POST", f"{PERSONAS}?x=1", "user", GARBAGE, 403),
    ("POST", f"{PERSONAS}?x=1", "admin", TOO_MUCH, 413),
    ("POST", f"{PERSONAS}?x=1", "admin", GARBAGE, 415),
    ("POST", f"{PERSONAS}?x=1", "admin", MALFORMED, 400),
    ("POST", f"{PERSONAS}?x=1", "admin", {"json": body()}, 422),
    ("POST", PERSONAS, "admin", BAD, 422),
    ("POST", PERSONAS, "admin", {"json": body(email="bob@mana.test")}, 409),
    ("POST", REGISTER, "anonymous", TOO_MUCH, 413),
    ("POST", REGISTER, "anonymous", GARBAGE, 415),
    ("POST", REGISTER, "anonymous", MALFORMED, 400),
    ("POST", REGISTER, "anonymous", {"json": {"email": "bob@mana.test"}}, 422),
    ("POST", REGISTER, "anonymous", TAKEN, 409),
    ("PATCH", UNKNOWN_USER, "anonymous", TOO_MUCH, 401),
    ("PATCH", UNKNOWN_USER, "user", TOO_MUCH, 403),
    ("PATCH", UNKNOWN_USER, "admin", TOO_MUCH, 413),
    ("PATCH", UNKNOWN_USER, "admin", GARBAGE, 415),
    ("PATCH", UNKNOWN_USER, "admin", MALFORMED, 400),
    ("PATCH", UNKNOWN_USER, "admin", {"json": {"role": "service"}}, 422),
    ("PATCH", UNKNOWN_USER, "admin", {"json": {"role": "user"}}, 404),
    ("DELETE", f"{UNKNOWN_USER}?x=1", "admin", GARBAGE, 422),
    ("DELETE", UNKNOWN_USER, "admin", GARBAGE, 404),
    ("GET", f"{PERSONAS}/{NIL_ID}?x=1", "admin", GARBAGE, 422),
    ("GET", f"{PERSONAS}/{NIL_ID}", "admin", GARBAGE, 404),
    ("POST", "/api/v1/auth/logout?x=1", "anonymous", TOO_MUCH, 401),
]  # fmt: skip


@pytest.fixture
def credentials(ann: Account, admin: Account) -> dict[str, dict[str, str]]:
    """The headers of each kind of client."""
    return {"anonymous": {}, "user": ann.headers, "admin": admin.headers}


def test_the_first_failed_check_decides_the_response(
    client: FlaskClient,
    create_user: Callable[..., Account],
    credentials: dict[str, dict[str, str]],
) -> None:
    create_user("bob@mana.test")

    answers = [
        client.open(path, method=method, headers=credentials[who], **sent)
        for method, path, who, sent, _ in REFUSALS
    ]

    actual = [(*row[:4], answer.status_code) for row, answer in zip(REFUSALS, answers, strict=True)]
    assert [row for row in actual if row not in REFUSALS] == []
    assert {answer.content_type for answer in answers} == {"application/problem+json"}
    assert [answer.get_json()["status"] for answer in answers] == [row[-1] for row in REFUSALS]
    assert all(("errors" in answer.get_json()) == (answer.status_code == 422) for answer in answers)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (REGISTER, {"POST", "OPTIONS"}),
        (PERSONAS, {"GET", "HEAD", "POST", "OPTIONS"}),
        (UNKNOWN_USER, {"PATCH", "DELETE", "OPTIONS"}),
    ],
)
def test_a_wrong_method_lists_the_allowed_ones(
    client: FlaskClient, path: str, methods: set[str]
) -> None:
    answer = client.put(path)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == methods


def test_the_rate_limit_is_checked_after_values_and_before_conflicts(
    app: Flask, client: FlaskClient, ann: Account
) -> None:
    for _ in range(REGISTRATIONS.amount):
        state_of(app)[Limits].count(REGISTRATIONS, "127.0.0.1")

    malformed = client.post(REGISTER, **MALFORMED)
    invalid = client.post(REGISTER, json={"email": ann.email})
    taken = client.post(REGISTER, json={"email": ann.email, "password": PASSWORD})

    assert [answer.status_code for answer in (malformed, invalid, taken)] == [400, 422, 429]


def test_every_api_route_refuses_unknown_parameters(
    app: Flask, client: FlaskClient, admin: Account, as_runner: dict[str, str]
) -> None:
    paths = app.url_map.bind("localhost")
    all_credentials = admin.headers | as_runner | {"Cookie": admin.cookie}
    requests, answers = [], []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("web."):
            continue  # a page ignores it
        path = paths.build(rule.endpoint, dict.fromkeys(rule.arguments, NIL_ID))
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}):
            sent: dict[str, Any] = {"json": {}} if method in ("POST", "PATCH") else {}
            requests.append((method, path))
            answers.append(
                client.open(f"{path}?nonsense=1", method=method, headers=all_credentials, **sent)
            )

    statuses = {
        request: answer.status_code for request, answer in zip(requests, answers, strict=True)
    }
    assert statuses == dict.fromkeys(requests, 422)
    assert all(list(answer.get_json()["errors"]) == ["nonsense"] for answer in answers)


def test_a_parameter_must_be_known_and_given_once(client: FlaskClient, admin: Account) -> None:
    queries = {
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

    answers = {query: client.get(f"{USERS}?{query}", headers=admin.headers) for query in queries}

    assert {answer.status_code for answer in answers.values()} == {422}
    errors = {query: answer.get_json()["errors"] for query, answer in answers.items()}
    assert errors.keys() == queries.keys()
    assert all(list(errors[query]) == [name] for query, name in queries.items())


def test_a_parameter_that_is_not_utf8_causes_no_server_error(
    client: FlaskClient, admin: Account
) -> None:
    assert client.get(f"{USERS}?q=%ff%fe", headers=admin.headers).status_code in (200, 422)
