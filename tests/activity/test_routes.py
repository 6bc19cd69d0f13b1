"""The runner's door: who may enter, and what is checked in which order."""

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

DOORS = [("GET", "due"), ("POST", f"{NIL_ID}/actions"), ("POST", f"{NIL_ID}/feedback")]
CreatePersona = Callable[..., Account]


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_only_a_service_key_opens_the_runner_s_door(
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
    let_in = client.open(f"{URL}/{path}", method=method, headers=as_runner, json={})

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"X-Service-Key"}
    assert not any(key in answer.text for answer in answers)
    assert let_in.status_code == (200 if path == "due" else 422)


def test_two_keys_are_good_while_they_are_changed(make_app: CreateApp) -> None:
    new, old, older = (new_secret() for _ in range(3))
    client = make_app(service_key=new, service_key_previous=old).test_client()

    answers = [
        client.get(f"{URL}/due", headers={"X-Service-Key": key}) for key in (new, old, older)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 401]


def padded(size: int) -> bytes:
    """A good batch of so many bytes: of 500 rows, with many words each."""
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
    client: FlaskClient, as_runner: dict[str, str], bob: str, seen: Read, size: int, status: int
) -> None:
    body = padded(size)
    assert len(body) == size

    answer = client.post(
        f"{URL}/{bob}/actions", data=body, content_type="application/json", headers=as_runner
    )

    assert answer.status_code == status
    if status == 200:
        assert counts(answer) == (500, 0)
        assert {len(row["errorMessage"]) for row in seen(bob)["recentActions"]} == {2000}


def test_nobody_else_may_send_that_much(client: FlaskClient, as_runner: dict[str, str]) -> None:
    answer = client.post("/api/v1/auth/login", data=padded(2 * LIMIT), headers=as_runner)

    assert answer.status_code == 413


def test_the_first_thing_that_is_wrong_is_said(
    client: FlaskClient, as_runner: dict[str, str], bob: str, playing: Runner
) -> None:
    counts(playing.actions(bob, action(seq=0)))
    clash = {
        "actions": [action(seq=0, latencyMs=1), action(seq=1, occurredAt="2020-01-01T00:00:00Z")]
    }
    late = {"actions": [action(seq=1, occurredAt="2020-01-01T00:00:00Z")]}
    bad = {"actions": [action(seq=0, latencyMs=-1)]}
    too_much: Row = {"data": b"{" * (RUNNER_LIMIT + 1), "content_type": "text/plain"}
    garbage: Row = {"data": b"{", "content_type": "text/plain"}
    malformed: Row = {"data": b"{", "content_type": "application/json"}
    nobody: dict[str, str] = {}
    tries: list[tuple[str, str, dict[str, str], Row, int]] = [
        ("POST", f"{URL}/{bob}/dreams", nobody, too_much, 404),
        ("POST", f"{URL}/due", nobody, too_much, 405),
        ("GET", f"{URL}/{bob}/actions", nobody, {}, 405),
        ("POST", f"{URL}/{bob}/actions", nobody, too_much, 401),
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
        for method, path, headers, sent, _ in tries
    ]

    assert [answer.status_code for answer in answers] == [row[-1] for row in tries]


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
    playing: Runner, bob: str, stored: Read, key: str, value: object
) -> None:
    rows = [action(seq=seq) for seq in range(20)]
    rows[17][key] = value

    assert refusal(playing.actions(bob, *rows)) == (422, [f"actions.17.{key}"])
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
    playing: Runner, bob: str, stored: Read, key: str, value: object
) -> None:
    answer = playing.feedback(bob, rating("notes"), rating() | {key: value})

    assert refusal(answer) == (422, [f"feedback.1.{key}"])
    assert stored("SELECT count(*) FROM persona_feedback") == [(0,)]


@pytest.mark.parametrize("key", ["tickId", "toolName", "result"])
def test_what_every_row_needs_is_named(playing: Runner, bob: str, key: str) -> None:
    row = {name: value for name, value in action().items() if name != key}

    assert refusal(playing.actions(bob, action(), row)) == (422, [f"actions.1.{key}"])


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
    playing: Runner, bob: str, name: str, rows: object, path: str
) -> None:
    assert refusal(playing.post(bob, name, rows)) == (422, [path])


@pytest.mark.parametrize(
    ("times", "paths"), [(501, ["actions"]), (3000, ["actions"]), (40_000, [])]
)
def test_too_many_rows_are_bad_values_however_many(
    playing: Runner, bob: str, times: int, paths: list[str]
) -> None:
    assert refusal(playing.actions(bob, *[action()] * times)) == (422, paths)


def test_a_batch_of_the_largest_size_goes_in(playing: Runner, bob: str) -> None:
    acted = playing.actions(bob, *[action()] * 500)
    rated = playing.feedback(bob, *[rating(f"module{number}") for number in range(100)])

    assert counts(acted) == (500, 0)
    assert counts(rated) == (100, 0)
