"""Accepted and refused values of each field of `POST /api/v1/admin/personas`."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import PROMPT, Account, body
from tests.persona.watch import contents

URL = "/api/v1/admin/personas"


def refusal(client: FlaskClient, admin: Account, **changes: Any) -> tuple[int, list[str]]:
    """The status of a put, and the paths of the errors in its answer."""
    answer = client.post(URL, json=body(**changes), headers=admin.headers)
    return answer.status_code, list(answer.get_json().get("errors", []))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("systemPrompt", ["x" * 20, "x" * 20_000, "🔑" * 20_000, f"\t{PROMPT}\r\n{PROMPT}\x1b"]),
        ("archetype", ["a", "a" * 64, "-0-9-"]),
        ("name", ["B", "B" * 200, "ΐ" * 200, "Bob O'Neill ✂ \" <b>"]),
        ("moduleMix", [{f"m{number}": 1 for number in range(64)}, {"a" * 64: 1, "A_b-9": 1}]),
        ("moduleMix", [{"todo": 0, "notes": 1_000_000}, {"todo": 5e-324}, {"todo": 0.5}]),
        ("tickCadence", ["hourly", "daily", "weekdays"]),
        ("password", ["x" * 15, "x" * 128, "🔑" * 128]),
    ],
)
def test_value_within_its_bounds_is_accepted(
    client: FlaskClient, admin: Account, field: str, values: list[object]
) -> None:
    for value in values:
        first = client.post(URL, json=body(**{field: value}), headers=admin.headers)
        again = client.post(URL, json=body(**{field: value}), headers=admin.headers)

        assert first.status_code in (200, 201), ascii(value)
        assert again.get_json()["changed"] == [], ascii(value)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("systemPrompt", ["x" * 19, "x" * 20_001, "", None, 5, [PROMPT]]),
        ("systemPrompt", [f"{PROMPT}\x00", f"{PROMPT}\ud800", f"\udfff{PROMPT}"]),
        ("archetype", ["", "a" * 65, "A", "a_b", "a b", "ä", "a\n", "\u0661", None, 5]),
        ("name", ["", "B" * 201, "   ", "\u3000", "Bob\nBob", "Bob\u2028Bob", None, True]),
        ("name", ["Bob\x00", "Bob\x1b[2J", "Bob\udfff"]),
        ("moduleMix", [{}, {f"m{number}": 1 for number in range(65)}, {"todo": 0, "notes": 0.0}]),
        ("moduleMix", [[], ["todo"], None, "todo", 1, True]),
        ("tickCadence", ["weekly", "Daily", "", None, ["daily"]]),
        ("password", ["x" * 14, "x" * 129, "", None, 123456789012345]),
        ("password", ["x" * 20 + "\x00", "x" * 20 + "\ud800"]),
        ("email", ["bob", "bob@mana.test\n", "bоb@mana.test", f"{'b' * 65}@mana.test", "", None]),
        ("email", ["b\x00b@mana.test", "b\ud800b@mana.test", ["bob@mana.test"]]),
        ("kind", ["human", "persona"]),
        ("role", ["admin", "user"]),
        ("accessTier", ["founder", None]),
        ("emailVerified", [True]),
        ("system_prompt", [PROMPT]),
        ("ok", [True]),
    ],
)
def test_value_out_of_bounds_is_refused_and_named(
    app: Flask, client: FlaskClient, admin: Account, field: str, values: list[object]
) -> None:
    before = contents(app)
    for value in values:
        assert refusal(client, admin, **{field: value}) == (422, [field]), ascii(value)

    assert contents(app) == before


def test_weight_out_of_bounds_is_refused_and_named(
    app: Flask, client: FlaskClient, admin: Account
) -> None:
    before = contents(app)
    weights = [-1, -0.001, 1_000_001, 1e300, 10**400, True, False, "1", "", None, [1], {"of": 1}]
    for weight in weights:
        mix = {"notes": 1, "todo": weight}

        assert refusal(client, admin, moduleMix=mix) == (422, ["moduleMix.todo"]), ascii(weight)
    assert contents(app) == before


def test_invalid_module_name_is_refused(client: FlaskClient, admin: Account) -> None:
    for module in ("", "1todo", "_todo", "-todo", "to do", "to.do", "a" * 65, "tödo", "todo\n"):
        mix = {"notes": 1, module: 1}

        assert refusal(client, admin, moduleMix=mix) == (422, [f"moduleMix.{module}"]), module


def test_module_name_with_a_lone_surrogate_is_refused(client: FlaskClient, admin: Account) -> None:
    mix = {"notes": 1, "\ud800": 1}

    assert refusal(client, admin, moduleMix=mix) == (422, ["moduleMix.?"])


def test_missing_required_field_is_named(client: FlaskClient, admin: Account) -> None:
    for field in ("email", "password", "archetype", "systemPrompt", "moduleMix"):
        sent = {key: value for key, value in body().items() if key != field}
        answer = client.post(URL, json=sent, headers=admin.headers)

        assert answer.status_code == 422
        assert list(answer.get_json()["errors"]) == [field]


def test_all_errors_are_named_at_once(client: FlaskClient, admin: Account) -> None:
    sent = body(name="", archetype="A", moduleMix={"todo": -1, "1": 1}, kind="human")
    answer = client.post(URL, json=sent, headers=admin.headers)

    assert set(answer.get_json()["errors"]) == {
        "name",
        "archetype",
        "moduleMix.todo",
        "moduleMix.1",
        "kind",
    }


def test_weight_that_is_not_json_is_refused(client: FlaskClient, admin: Account) -> None:
    for weight in ("NaN", "Infinity", "-Infinity", "1e400", "01", "1, 'x': 1"):
        data = json.dumps(body(moduleMix={"todo": "?"})).replace('"?"', weight)
        answer = client.post(URL, data=data, headers=admin.headers, content_type="application/json")

        assert answer.status_code == 400, weight


def test_duplicate_module_is_refused(client: FlaskClient, admin: Account) -> None:
    data = json.dumps(body()).replace('"todo": 1', '"todo": 1, "todo": 2')
    answer = client.post(URL, data=data, headers=admin.headers, content_type="application/json")

    assert answer.status_code == 400
