"""Which accounts may call which view."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.guard import ACCOUNT, ADMIN, ANYONE, MONITOR, RUNNER, allow
from personas.http.fields import NIL_ID
from personas.http.view import operation_of
from personas.user.stamp import ADMIN as ADMIN_STAMP
from tests.conftest import CreateApp
from tests.people import Account

SESSION = "/api/v1/auth/session"
LOGOUT = "/api/v1/auth/logout"
USERS = "/api/v1/admin/users"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def admin_endpoints(app: Flask) -> Iterator[tuple[str, str]]:
    """Method and path of every endpoint that only an admin may call."""
    paths = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/admin/"):
            path = paths.build(rule.endpoint, dict.fromkeys(rule.arguments, NIL_ID))
            for method in sorted(set(rule.methods or ()) - {"OPTIONS"}):
                yield method, path


def test_every_view_declares_who_may_call_it(app: Flask) -> None:
    declared = {name: operation_of(view).allows for name, view in app.view_functions.items()}

    assert len(declared) > 10
    known = (ANYONE, ACCOUNT, ADMIN, RUNNER, MONITOR)
    assert [name for name, access in declared.items() if access not in known] == []
    # the guards run only inside the two blueprints
    assert [name for name in declared if not name.startswith(("personas.", "web."))] == []


@pytest.mark.parametrize("declare", [lambda view: view, allow("everybody"), allow("")])
def test_view_without_a_declaration_is_forbidden(
    make_app: CreateApp, admin: Account, declare: Callable[[Callable[[], str]], Callable[[], str]]
) -> None:
    app = make_app()
    app.add_url_rule("/new", "personas.new", declare(lambda: "open"), methods=["GET", "POST"])
    client = app.test_client()

    answers = [
        client.get("/new"),
        client.get("/new", headers=admin.headers),
        client.post("/new", headers=admin.headers),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert answers[0].content_type == "application/problem+json"


def test_view_declared_for_anyone_is_open(make_app: CreateApp) -> None:
    app = make_app()
    app.add_url_rule("/new", "personas.new", allow(ANYONE)(lambda: "open"))

    assert app.test_client().get("/new").status_code == 200


def test_admin_endpoints_need_a_login(app: Flask, client: FlaskClient) -> None:
    endpoints = list(admin_endpoints(app))
    answers = [client.open(path, method=method) for method, path in endpoints]

    assert len(endpoints) >= 9
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content_type for answer in answers} == {"application/problem+json"}
    assert all("WWW-Authenticate" in answer.headers for answer in answers)


@pytest.mark.parametrize("by", ["bearer", "cookie"])
def test_admin_endpoints_are_closed_to_users(
    app: Flask, client: FlaskClient, ann: Account, by: str
) -> None:
    headers = ann.headers if by == "bearer" else {"Cookie": ann.cookie, **SAME_ORIGIN}
    endpoints = list(admin_endpoints(app))
    answers = [client.open(path, method=method, headers=headers) for method, path in endpoints]

    assert {answer.status_code for answer in answers} == {403}


def test_admin_endpoints_are_closed_to_personas(
    app: Flask, client: FlaskClient, create_persona: Callable[..., Account]
) -> None:
    bob = create_persona()
    endpoints = list(admin_endpoints(app))
    answers = [client.open(path, method=method, headers=bob.headers) for method, path in endpoints]

    assert {answer.status_code for answer in answers} == {403}


@pytest.mark.parametrize(
    "authorization",
    ["Bearer garbage", "Bearer", "Bearer ", "bearer garbage", "BEARER garbage"],
)
def test_invalid_bearer_is_refused_beside_a_valid_cookie(
    client: FlaskClient, ann: Account, authorization: str
) -> None:
    headers = {"Authorization": authorization, "Cookie": ann.cookie}

    assert client.get(SESSION, headers=headers).status_code == 401


def test_bearer_has_precedence_over_the_cookie(
    client: FlaskClient, ann: Account, create_user: Callable[..., Account]
) -> None:
    bob = create_user("bob@example.org")

    answer = client.get(SESSION, headers={**ann.headers, "Cookie": bob.cookie})

    assert answer.get_json()["user"]["id"] == ann.id


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_bearer_scheme_ignores_case(client: FlaskClient, ann: Account, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {ann.token}", "Cookie": "personas_session=bad"}

    assert client.get(SESSION, headers=headers).status_code == 200


@pytest.mark.parametrize("scheme", ["Basic", "Token", "JWT", ""])
def test_token_under_another_scheme_is_refused(
    client: FlaskClient, ann: Account, scheme: str
) -> None:
    headers = {"Authorization": f"{scheme} {ann.token}"}

    assert client.get(SESSION, headers=headers).status_code == 401


def test_invalid_cookie_is_refused(client: FlaskClient) -> None:
    invalid = ("", "bad", "bad.bad", "ÿþ", "%00", "..", '"')

    answers = [
        client.get(SESSION, headers={"Cookie": f"personas_session={value}"}) for value in invalid
    ]

    assert [answer.status_code for answer in answers] == [401] * len(invalid)


def test_demoted_admin_loses_access_on_the_next_request(
    client: FlaskClient, admin: Account, create_user: Callable[..., Account]
) -> None:
    bob = create_user("bob@example.org", stamp=ADMIN_STAMP)
    before = client.get(USERS, headers=bob.headers)

    client.patch(f"{USERS}/{bob.id}", headers=admin.headers, json={"role": "user"})

    headers = (bob.headers, {"Cookie": bob.cookie})
    assert before.status_code == 200
    assert [client.get(USERS, headers=header).status_code for header in headers] == [403, 403]
    assert client.get(SESSION, headers=bob.headers).get_json()["user"]["role"] == "user"


def test_promoted_user_is_admin_on_the_next_request(
    client: FlaskClient, admin: Account, ann: Account
) -> None:
    client.patch(f"{USERS}/{ann.id}", headers=admin.headers, json={"role": "admin"})

    assert client.get(USERS, headers=ann.headers).status_code == 200


def test_credentials_of_a_deleted_account_are_refused(
    client: FlaskClient, admin: Account, ann: Account
) -> None:
    client.delete(f"{USERS}/{ann.id}", headers=admin.headers)

    headers = (ann.headers, {"Cookie": ann.cookie})
    refreshed = client.post("/api/v1/auth/refresh", json={"refreshToken": ann.refresh_token})
    assert [client.get(SESSION, headers=header).status_code for header in headers] == [401, 401]
    assert refreshed.status_code == 401


def test_account_is_never_taken_from_the_body(client: FlaskClient, ann: Account) -> None:
    answer = client.post(LOGOUT, json={"userId": ann.id})

    assert answer.status_code == 401
