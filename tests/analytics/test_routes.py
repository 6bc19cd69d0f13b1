"""Who may read analytics, which queries are valid, and the shape of the answers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import Account, Clock
from tests.persona.watch import execute

MODULES = "/api/v1/admin/analytics/modules"
TOOLS = "/api/v1/admin/analytics/tools"
BOTH = pytest.mark.parametrize("url", [MODULES, TOOLS])
Analytics = Callable[..., Any]


@pytest.fixture
def monday(stopped_clock: Clock) -> Clock:
    """Set the clock to noon on Monday, 2026-11-23."""
    stopped_clock.at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    return stopped_clock


@pytest.fixture
def analytics(monday: Clock, client: FlaskClient, admin: Account) -> Analytics:  # noqa: ARG001
    """The answer to an admin: `analytics(TOOLS, archetype="solo-dev")`."""

    def analytics(url: str, **query: str) -> Any:
        return client.get(url, headers=admin.headers, query_string=query)

    return analytics


@pytest.fixture
def turn(
    analytics: Analytics,  # noqa: ARG001  it is Monday
    client: FlaskClient,
    as_runner: dict[str, str],
    create_persona: Callable[..., Account],
) -> str:
    """The id of Bob, after the runner has reported a turn of his."""
    bob = create_persona("persona.bob@mana.test")
    calls: list[dict[str, Any]] = [
        {"toolName": "todo.create", "result": "ok", "latencyMs": 100, "inputHash": "a"},
        {"toolName": "todo.create", "result": "error", "latencyMs": 300, "inputHash": "a"},
        {"toolName": "todo_list", "result": "ok", "latencyMs": 200, "inputHash": "b"},
        {"toolName": "search", "result": "ok"},
        {"toolName": "__turn", "result": "error"},
    ]
    rated = [("t1", "todo", 5), ("t2", "todo", 4), ("t3", "todo", 4), ("t1", "__turn", 1)]
    sent: dict[str, list[dict[str, Any]]] = {
        "actions": [{"tickId": "t1", **call} for call in calls],
        "feedback": [{"tickId": tick, "module": m, "rating": r} for tick, m, r in rated],
    }
    for name, rows in sent.items():
        url = f"/api/v1/internal/personas/{bob.id}/{name}"
        assert client.post(url, json={name: rows}, headers=as_runner).status_code == 200
    return bob.id


@BOTH
def test_only_an_admin_may_read_analytics(
    client: FlaskClient,
    ann: Account,
    admin: Account,
    create_persona: Callable[..., Account],
    as_runner: dict[str, str],
    url: str,
) -> None:
    persona = create_persona()
    invalid_url = f"{url}?from=never&nonsense=1"
    cookie = {"Cookie": admin.cookie}

    assert [client.get(url, headers=headers).status_code for headers in ({}, as_runner)] == [
        401
    ] * 2
    assert client.get(invalid_url).status_code == 401
    assert client.get(invalid_url, headers=ann.headers).status_code == 403
    assert client.get(invalid_url, headers=persona.headers).status_code == 403
    assert client.get(invalid_url, headers=admin.headers).status_code == 422
    assert client.get(url, headers=cookie).status_code == 200
    assert client.post(invalid_url).status_code == 405


@pytest.mark.usefixtures("turn")
def test_a_module_has_a_row_for_each_week(analytics: Analytics) -> None:
    answer = analytics(MODULES)

    assert answer.status_code == 200
    assert list(answer.get_json()) == ["from", "to", "modules"]
    todo, no_module = answer.get_json()["modules"]
    assert list(todo.items()) == [
        ("module", "todo"),
        ("week", "2026-W48"),
        ("ratings", 3),
        ("mean", 4.33),
        ("median", 4.0),
        ("spread", 0.47),
        ("distribution", {"1": 0, "2": 0, "3": 0, "4": 2, "5": 1}),
        ("actions", 3),
        ("errorShare", 0.3333),
        ("p50", 200),
        ("p95", 300),
        ("pruned", False),
    ]
    assert list(no_module.values()) == [
        None, "2026-W48", 0, None, None, None, dict.fromkeys("12345", 0), 1, 0.0, None, None, False,
    ]  # fmt: skip


@pytest.mark.usefixtures("turn")
def test_a_tool_has_one_row(analytics: Analytics) -> None:
    answer = analytics(TOOLS)

    assert answer.status_code == 200
    assert list(answer.get_json()) == ["from", "to", "tools"]
    search, create, todo_list = answer.get_json()["tools"]
    assert list(create.items()) == [
        ("toolName", "todo.create"),
        ("module", "todo"),
        ("calls", 2),
        ("errors", 1),
        ("p50", 100),
        ("p95", 300),
        ("distinctInputs", 1),
        ("pruned", False),
    ]
    assert list(search.values()) == ["search", None, 1, 0, None, None, 0, False]
    assert list(todo_list.values()) == ["todo_list", "todo", 1, 0, 200, 200, 1, False]


def test_pruned_weeks_are_marked_and_have_no_percentiles(
    app: Flask, analytics: Analytics, turn: str
) -> None:
    day = "2026-11-24"  # of the same week
    execute(app, "INSERT INTO action_days VALUES (?, ?, 'todo.create', 7, 2)", turn, day)
    rated = "INSERT INTO feedback_days VALUES (?, ?, 'todo', 1, 0, 0, 0, 2, 5, ?)"
    execute(app, rated, turn, day, f"{day} 08:00:00.000000")

    [todo, _] = analytics(MODULES, to="2026-11-29").get_json()["modules"]
    tools = analytics(TOOLS, to="2026-11-29").get_json()["tools"]

    assert (todo["actions"], todo["errorShare"]) == (10, 0.3)
    assert (todo["ratings"], todo["mean"], todo["median"], todo["spread"]) == (6, 4.0, 4.5, 1.41)
    assert (todo["p50"], todo["p95"], todo["pruned"]) == (None, None, True)
    assert [tool["pruned"] for tool in tools] == [False, True, False]
    assert list(tools[1].values())[2:] == [9, 3, None, None, None, True]
    assert analytics(MODULES).get_json()["modules"][0]["p95"] == 300


@BOTH
@pytest.mark.usefixtures("turn")
def test_analytics_can_be_filtered_by_archetype(analytics: Analytics, url: str) -> None:
    of_all, of_bob, of_others = (
        list(analytics(url, **query).get_json().values())[-1]
        for query in ({}, {"archetype": "solo-dev"}, {"archetype": "ceo-busy"})
    )

    assert of_all == of_bob != []
    assert of_others == []


@BOTH
def test_default_period_is_the_last_twelve_weeks(analytics: Analytics, url: str) -> None:
    answer = analytics(url).get_json()

    assert list(answer.values()) == ["2026-09-07", "2026-11-23", []]


@BOTH
@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({"from": "2026-11-23"}, "2026-11-23", "2026-11-23"),
        ({"to": "2026-01-04"}, "2025-10-13", "2026-01-04"),
        ({"to": "0001-01-01"}, "0001-01-01", "0001-01-01"),
        ({"to": "9999-12-31"}, "9999-10-11", "9999-12-31"),
        ({"from": "2024-02-29", "to": "2024-03-01"}, "2024-02-29", "2024-03-01"),
        (
            {"from": "2026-11-01T00:30:00+01:00", "to": "2026-11-02t23:59:59.9Z"},
            "2026-10-31",
            "2026-11-02",
        ),
    ],
)
def test_period_takes_dates_or_times(
    analytics: Analytics, url: str, query: dict[str, str], first: str, last: str
) -> None:
    answer = analytics(url, **query)

    assert answer.status_code == 200
    assert (answer.get_json()["from"], answer.get_json()["to"]) == (first, last)


@BOTH
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2026-11-24"}, "from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from"),
        ({"from": "2020-01-01", "to": "2025-01-02"}, "from"),
        ({"from": "2021-11-22"}, "from"),
        ({"from": "9999-12-31T23:59:59-23:59"}, "from"),
        ({"archetype": "Solo Dev"}, "archetype"),
        ({"archetype": ""}, "archetype"),
        ({"since": "2026-11-01"}, "since"),
        *(
            ({name: wrong}, name)
            for name in ("from", "to")
            for wrong in (
                "",
                "today",
                "20261101",
                "2026-W48-1",
                "2026-02-29",
                "0000-01-01",
                "2026-11-01 ",
                "2026-11-01T08:00",
                "2026-11-01 08:00:00Z",
                "٢٠٢٦-11-01",
                "2026-11-01\0",
            )
        ),
    ],
)
def test_invalid_query_value_is_named(
    analytics: Analytics, url: str, query: dict[str, str], named: str
) -> None:
    answer = analytics(url, **query)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [named]
