"""The routes of the runner: authentication, limits and the order of the checks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from personas.config.secrets import new_secret
from personas.http.body import LIMIT, RUNNER_LIMIT
from personas.http.fields import NIL_ID
from tests.activity.conftest import Read
from tests.activity.runner import URL, Row, Runner, action, counts, rating, refusal
from tests.conftest import CreateApp
from tests.people import Account

ROUTES = [("GET", "due"), ("POST", f"{NIL_ID}/actions"), ("POST", f"{NIL_ID}/feedback")]
CreatePersona = Callable[..., Account]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_runner_routes_need_a_service_key(
    client: FlaskClient,
    as_runner: dict[str, str],
    admin: Account,
    create_persona: CreatePersona,
    method: str,
    path: str,
) -> None:
    key = as_runner["X-Service-Key"]
    refused: list[dict[str, str]] = [
        {},
        admin.headers,
        {"Cookie": admin.cookie},
        create_persona().headers,
        {"X-Service-Key": ""},
        {"X-Service-Key": key[:-1]},
        {"X-Service-Key": f"{key}x"},
        {"X-Service-Key": key.swapcase()},
        {"X-Service-Key": "ключ".encode().decode("latin-1")},
        {"Authorization": f"Bearer {key}"},
        {**admin.headers, "X-Service-Key": "wrong"},
    ]
    answers = [client.open(f"{URL}/{path}", method=method, headers=sent) for sent in refused]
    accepted = client.open(f"{URL}/{path}", method=method, headers=as_runner, json={})

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"X-Service-Key"}
    assert not any(key in answer.text for answer in answers)
    assert accepted.status_code == (200 if path == "due" else 422)


def test_current_and_previous_service_key_are_valid(make_app: CreateApp) -> None:
    new, old, older = (new_secret() for _ in range(3))
    client = make_app(service_key=new, service_key_previous=old).test_client()

    answers = [
        client.get(f"{URL}/due", headers={"X-Service-Key": key}) for key in (new, old, older)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 401]


def padded_batch(size: int) -> bytes:
    """A valid batch of exactly `size` bytes: 500 rows with long error messages."""
    rows = [action(latencyMs=number, errorMessage="") for number in range(500)]
    short = len(json.dumps({"actions": rows}))
    for row in rows:
        row["errorMessage"] = "x" * ((size - short) // 500)
    rows[0]["errorMessage"] += "x" * ((size - short) % 500)
    return json.dumps({"actions": rows}).encode()


@pytest.mark.parametrize(
    ("size", "status"), [(2 * LIMIT, 200), (RUNNER_LIMIT, 200), (RUNNER_LIMIT + 1, 413)]
)
def test_the_runner_may_send_eight_mebibytes(
    client: FlaskClient,
    as_runner: dict[str, str],
    bob: str,
    admin_view: Read,
    size: int,
    status: int,
) -> None:
    body = padded_batch(size)
    assert len(body) == size

    answer = client.post(
        f"{URL}/{bob}/actions", data=body, content_type="application/json", headers=as_runner
    )

    assert answer.status_code == status
    if status == 200:
        assert counts(answer) == (500, 0)
        assert {len(row["errorMessage"]) for row in admin_view(bob)["recentActions"]} == {2000}


def test_other_routes_keep_the_smaller_body_limit(
    client: FlaskClient, as_runner: dict[str, str]
) -> None:
    answer = client.post("/api/v1/auth/login", data=padded_batch(2 * LIMIT), headers=as_runner)

    assert answer.status_code == 413


def test_checks_run_in_a_fixed_order(
    client: FlaskClient, as_runner: dict[str, str], bob: str, persona_runner: Runner
) -> None:
    counts(persona_runner.actions(bob, action(seq=0)))
    clash = {
        "actions": [action(seq=0, latencyMs=1), action(seq=1, occurredAt="2020-01-01T00:00:00Z")]
    }
    late = {"actions": [action(seq=1, occurredAt="2020-01-01T00:00:00Z")]}
    bad = {"actions": [action(seq=0, latencyMs=-1)]}
    too_much: Row = {"data": b"{" * (RUNNER_LIMIT + 1), "content_type": "text/plain"}
    garbage: Row = {"data": b"{", "content_type": "text/plain"}
    malformed: Row = {"data": b"{", "content_type": "application/json"}
    anonymous: dict[str, str] = {}
    requests: list[tuple[str, str, dict[str, str], Row, int]] = [
        ("POST", f"{URL}/{bob}/dreams", anonymous, too_much, 404),
        ("POST", f"{URL}/due", anonymous, too_much, 405),
        ("GET", f"{URL}/{bob}/actions", anonymous, {}, 405),
        ("POST", f"{URL}/{bob}/actions", anonymous, too_much, 401),
        ("POST", f"{URL}/{bob}/actions", as_runner, too_much, 413),
        ("POST", f"{URL}/{bob}/actions", as_runner, garbage, 415),
        ("POST", f"{URL}/{bob}/actions", as_runner, malformed, 400),
        ("POST", f"{URL}/{bob}/actions?x=1", as_runner, {"json": clash}, 422),
        ("POST", f"{URL}/{NIL_ID}/actions", as_runner, {"json": bad}, 422),
        ("POST", f"{URL}/{NIL_ID}/actions", as_runner, {"json": clash}, 404),
        ("POST", f"{URL}/x/actions", as_runner, {"json": late}, 404),
        ("POST", f"{URL}/{bob}/actions", as_runner, {"json": clash}, 409),
        ("POST", f"{URL}/{bob}/actions", as_runner, {"json": late}, 422),
        ("GET", f"{URL}/due?limit=5", as_runner, {}, 422),
        ("GET", f"{URL}/due", as_runner, garbage, 200),
    ]

    answers = [
        client.open(path, method=method, headers=headers, **sent)
        for method, path, headers, sent, _ in requests
    ]

    assert [answer.status_code for answer in answers] == [row[-1] for row in requests]


WRONG: list[tuple[str, Any]] = [
    ("latencyMs", -1),
    ("latencyMs", 1.5),
    ("latencyMs", 5.0),
    ("latencyMs", 2**31),
    ("latencyMs", 2**63),
    ("latencyMs", True),
    ("latencyMs", "5"),
    ("latencyMs", None),
    ("seq", -1),
    ("seq", 2**31),
    ("tickId", ""),
    ("tickId", "x" * 256),
    ("tickId", None),
    ("toolName", ""),
    ("toolName", "x" * 201),
    ("toolName", "todo\n"),
    ("toolName", ["todo"]),
    ("inputHash", "x" * 129),
    ("inputHash", "a\0"),
    ("inputHash", None),
    ("result", "OK"),
    ("result", "ok\n"),
    ("result", ""),
    ("result", True),
    ("errorMessage", 5),
    ("errorMessage", None),
    ("errorMessage", {"said": "No."}),
    ("occurredAt", ""),
    ("occurredAt", "yesterday"),
    ("occurredAt", 1767225600),
    ("occurredAt", "2026-01-01T00:00:00"),
    ("occurredAt", None),
    ("tick_id", "tick"),
    ("id", 5),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_bad_row_is_named_and_nothing_is_written(
    persona_runner: Runner, bob: str, stored: Read, key: str, value: object
) -> None:
    rows = [action(seq=seq) for seq in range(20)]
    rows[17][key] = value

    assert refusal(persona_runner.actions(bob, *rows)) == (422, [f"actions.17.{key}"])
    assert stored("SELECT count(*) FROM persona_actions") == [(0,)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("rating", stars) for stars in (0, 6, -1, 4.5, 4.0, True, "4", None, 2**64)),
        *(("module", name) for name in ("", "todo.create", ".", "x" * 201, "a\n", None, 5)),
        ("notes", 5),
        ("notes", None),
        ("toolName", "todo.create"),
        ("seq", 0),
    ],
)
def test_a_bad_rating_is_named_and_nothing_is_written(
    persona_runner: Runner, bob: str, stored: Read, key: str, value: object
) -> None:
    answer = persona_runner.feedback(bob, rating("notes"), rating() | {key: value})

    assert refusal(answer) == (422, [f"feedback.1.{key}"])
    assert stored("SELECT count(*) FROM persona_feedback") == [(0,)]


@pytest.mark.parametrize("key", ["tickId", "toolName", "result"])
def test_missing_required_key_is_named(persona_runner: Runner, bob: str, key: str) -> None:
    row = {name: value for name, value in action().items() if name != key}

    assert refusal(persona_runner.actions(bob, action(), row)) == (422, [f"actions.1.{key}"])


@pytest.mark.parametrize(
    ("name", "rows", "path"),
    [
        ("actions", [], "actions"),
        ("actions", None, "actions"),
        ("actions", {}, "actions"),
        ("actions", "tick", "actions"),
        ("actions", [action()] * 501, "actions"),
        ("actions", [None], "actions.0"),
        ("actions", [[]], "actions.0"),
        ("actions", [action(), "tick"], "actions.1"),
        ("feedback", [], "feedback"),
        ("feedback", [rating(tickId=str(tick)) for tick in range(101)], "feedback"),
    ],
)
def test_a_batch_is_a_list_of_rows(
    persona_runner: Runner, bob: str, name: str, rows: object, path: str
) -> None:
    assert refusal(persona_runner.post(bob, name, rows)) == (422, [path])


@pytest.mark.parametrize(
    ("times", "paths"), [(501, ["actions"]), (3000, ["actions"]), (40_000, [])]
)
def test_too_many_rows_are_refused(
    persona_runner: Runner, bob: str, times: int, paths: list[str]
) -> None:
    assert refusal(persona_runner.actions(bob, *[action()] * times)) == (422, paths)


def test_largest_batch_is_accepted(persona_runner: Runner, bob: str) -> None:
    acted = persona_runner.actions(bob, *[action()] * 500)
    rated = persona_runner.feedback(bob, *[rating(f"module{number}") for number in range(100)])

    assert counts(acted) == (500, 0)
    assert counts(rated) == (100, 0)
