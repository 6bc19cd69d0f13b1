"""Access to personas, their list, and the detail of one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.database.types import new_id
from tests.people import PROMPT, Account, body
from tests.persona.watch import contents, execute

URL = "/api/v1/admin/personas"
CreatePersona = Callable[..., Account]


@pytest.fixture
def three_personas(create_persona: CreatePersona) -> list[Account]:
    """Bob, Kim and Zoe, created in this order."""
    return [
        create_persona("persona.bob@mana.test", name="Bob", archetype="solo-dev"),
        create_persona(
            "persona.kim@mana.test", name="Kim", archetype="freelancer", tick_cadence="weekdays"
        ),
        create_persona("persona.zoe@mana.test", name="Zoë 100%_", tick_cadence="hourly"),
    ]


def names(client: FlaskClient, admin: Account, query: str) -> list[str]:
    answer = client.get(f"{URL}?{query}", headers=admin.headers)
    return [persona["email"].split("@")[0][8:] for persona in answer.get_json()["personas"]]


@pytest.mark.parametrize("method", ["POST", "GET", "PATCH", "DELETE"])
def test_only_an_admin_may_read_and_change_personas(
    app: Flask, client: FlaskClient, ann: Account, create_persona: CreatePersona, method: str
) -> None:
    bob = create_persona()
    before = contents(app)
    url = URL if method == "POST" else f"{URL}/{bob.id}"
    anonymous = client.open(url, method=method, json=body())
    by_human = client.open(url, method=method, json=body(), headers=ann.headers)
    by_persona = client.open(url, method=method, json=body(), headers=bob.headers)
    bad_token = client.open(url, method=method, json=body(), headers={"Authorization": "Bearer x"})

    assert anonymous.status_code == bad_token.status_code == 401
    assert by_human.status_code == by_persona.status_code == 403
    assert contents(app) == before


def test_session_cookie_of_an_admin_works_from_our_origin(
    client: FlaskClient, admin: Account
) -> None:
    same_origin = {"Cookie": admin.cookie, "Sec-Fetch-Site": "same-origin"}
    cross_site = {"Cookie": admin.cookie, "Sec-Fetch-Site": "cross-site"}

    assert client.post(URL, json=body(), headers=same_origin).status_code == 201
    assert client.get(URL, headers=same_origin).status_code == 200
    assert client.post(URL, json=body(), headers=cross_site).status_code == 403


def test_list_without_personas_is_empty(client: FlaskClient, admin: Account) -> None:
    answer = client.get(URL, headers=admin.headers)

    assert answer.status_code == 200
    assert answer.get_json() == {"personas": [], "nextCursor": None}


def test_list_shows_one_row_per_persona(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona(name="Bob")
    [row] = client.get(URL, headers=admin.headers).get_json()["personas"]

    session = client.get("/api/v1/auth/session", headers=bob.headers).get_json()
    assert list(row.items()) == [
        ("userId", bob.id),
        ("email", "persona.bob@mana.test"),
        ("name", "Bob"),
        ("archetype", "solo-dev"),
        ("tickCadence", "daily"),
        ("lastActiveAt", None),
        ("createdAt", session["user"]["createdAt"]),
        ("actions7d", 0),
    ]


@pytest.mark.usefixtures("three_personas")
def test_list_is_filtered_with_the_newest_first(client: FlaskClient, admin: Account) -> None:
    for query, expected in {
        "": ["zoe", "kim", "bob"],
        "archetype=solo-dev": ["zoe", "bob"],
        "archetype=freelancer": ["kim"],
        "archetype=nobody": [],
        "cadence=daily": ["bob"],
        "cadence=weekdays": ["kim"],
        "archetype=solo-dev&cadence=hourly": ["zoe"],
        "q=BOB": ["bob"],
        "q=ZO%C3%8B": ["zoe"],
        "q=mana.test": ["zoe", "kim", "bob"],
        "q=%25": ["zoe"],
        "q=_": ["zoe"],
        "q=%5C": [],
        "q=persona.kim%40": ["kim"],
        "q=o&cadence=daily": ["bob"],
    }.items():
        assert names(client, admin, query) == expected, query


@pytest.mark.usefixtures("admin", "ann")
def test_list_never_contains_humans(
    client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    create_persona()

    assert names(client, admin, "q=example.org") == []
    assert names(client, admin, "limit=1000") == ["bob"]


def test_list_is_paged(client: FlaskClient, admin: Account, create_persona: CreatePersona) -> None:
    for number in range(5):
        create_persona(f"persona.p{number}@mana.test")
    pages, query = [], "?limit=2"
    while query:
        answer = client.get(URL + query, headers=admin.headers).get_json()
        pages.append([persona["name"] for persona in answer["personas"]])
        create_persona(f"persona.late{len(pages)}@mana.test")  # does not shift the pages
        cursor = answer["nextCursor"]
        query = f"?limit=2&cursor={cursor}" if cursor else ""

    assert pages == [["persona.p4", "persona.p3"], ["persona.p2", "persona.p1"], ["persona.p0"]]


def test_full_last_page_has_no_next_cursor(
    client: FlaskClient, admin: Account, three_personas: list[Account]
) -> None:
    exact = client.get(f"{URL}?limit=3", headers=admin.headers).get_json()
    rest = client.get(f"{URL}?cursor={three_personas[1].id}", headers=admin.headers).get_json()

    assert len(exact["personas"]) == 3
    assert exact["nextCursor"] is None
    assert [persona["userId"] for persona in rest["personas"]] == [three_personas[0].id]
    assert rest["nextCursor"] is None


def test_invalid_query_value_is_named(client: FlaskClient, admin: Account) -> None:
    for name, value in [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "-1"),
        ("limit", "2.0"),
        ("limit", "١"),
        ("limit", ""),
        ("limit", "9" * 400),
        ("cursor", "x"),
        ("cursor", new_id().upper()),
        ("archetype", "A"),
        ("cadence", "weekly"),
        ("q", ""),
        ("q", "x" * 201),
        ("q", "\0"),
        ("kind", "human"),
    ]:
        answer = client.get(URL, query_string={name: value}, headers=admin.headers)

        assert answer.status_code == 422, (name, value)
        assert list(answer.get_json()["errors"]) == [name]


def test_detail_shows_all_values_of_a_persona(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona
) -> None:
    bob = create_persona(name="Bob", module_mix={"todo": 2, "notes": 0.5, "articles": 1})
    execute(app, "UPDATE personas SET last_active_at = '2026-01-02 03:04:05.000006'")
    answer = client.get(f"{URL}/{bob.id}", headers=admin.headers)

    [row] = client.get(URL, headers=admin.headers).get_json()["personas"]
    assert answer.status_code == 200
    assert list(answer.get_json()) == ["persona", "recentActions", "feedbackByModule"]
    assert answer.get_json()["recentActions"] == []
    assert answer.get_json()["feedbackByModule"] == []
    assert row["lastActiveAt"] == "2026-01-02T03:04:05.000006Z"
    assert list(answer.get_json()["persona"].items()) == [
        *row.items(),
        ("systemPrompt", PROMPT),
        ("moduleMix", {"todo": 2, "notes": 0.5, "articles": 1}),
    ]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_malformed_or_unknown_id_is_not_found(
    app: Flask, client: FlaskClient, admin: Account, create_persona: CreatePersona, method: str
) -> None:
    bob = create_persona().id
    before = contents(app)
    malformed = [
        "x",
        "%00",
        "%F0%9F%94%91",
        "%FF",
        "%27%20OR%201=1",
        bob.replace("-", ""),
        f"{bob}x",
    ]
    for user_id in (new_id(), bob.upper(), f"{bob}%00", f"{bob}%0A", f"%7B{bob}%7D", *malformed):
        content: dict[str, Any] = {"json": {"name": "Rob"}} if method == "PATCH" else {}
        answer = client.open(f"{URL}/{user_id}", method=method, headers=admin.headers, **content)

        assert answer.status_code == 404, user_id
        assert answer.content_type == "application/problem+json"
    assert contents(app) == before


def test_human_is_not_found_as_a_persona(client: FlaskClient, admin: Account, ann: Account) -> None:
    assert client.get(f"{URL}/{ann.id}", headers=admin.headers).status_code == 404


def test_get_ignores_body_and_content_type(client: FlaskClient, admin: Account) -> None:
    answer = client.get(URL, data="{", content_type="application/json", headers=admin.headers)

    assert answer.status_code == 200
