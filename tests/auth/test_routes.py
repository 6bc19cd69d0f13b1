"""Registration and login over HTTP."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.config.secrets import new_private_key
from tests.auth.tries import WRONG_PASSWORD
from tests.people import PASSWORD, Account

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"
SESSION = "/api/v1/auth/session"
USER_KEYS = ["id", "email", "name", "kind", "role"]
USER_KEYS += ["accessTier", "emailVerified", "createdAt", "updatedAt"]
ANN = {"email": "ann@example.org", "password": PASSWORD}


@pytest.fixture
def production(make_app: Callable[..., Flask]) -> FlaskClient:
    """A client of an application with production settings."""
    app = make_app(
        "production",
        secret_key="s" * 32,
        service_key="k" * 32,
        seed_secret="p" * 32,
        jwt_private_key=new_private_key(),
    )
    return app.test_client(use_cookies=False)


def attributes(cookie: str) -> list[str]:
    """The attributes of a Set-Cookie header, sorted."""
    return sorted(cookie.split("; ")[1:])


def test_an_email_registers_once(client: FlaskClient) -> None:
    first = client.post(REGISTER, json=ANN)
    second = client.post(REGISTER, json=ANN | {"email": "Ann@Example.ORG"})

    assert first.status_code == 201
    assert first.get_json()["user"]["name"] == "ann"
    assert second.status_code == 409
    assert second.content_type == "application/problem+json"


def test_session_returns_its_account(client: FlaskClient, ann: Account) -> None:
    answer = client.get(SESSION, headers=ann.headers)

    assert answer.status_code == 200
    assert answer.get_json()["user"]["email"] == "ann@example.org"
    assert "spaces" in answer.get_json()


@pytest.mark.parametrize(("path", "status"), [(REGISTER, 201), (LOGIN, 200)])
def test_register_and_login_answers_have_the_same_shape(
    client: FlaskClient, path: str, status: int
) -> None:
    if path == LOGIN:
        client.post(REGISTER, json=ANN)

    answer = client.post(path, json=ANN)
    session = answer.get_json()

    assert answer.status_code == status
    assert answer.content_type == "application/json"
    assert list(session) == ["user", "token", "accessToken", "refreshToken", "expiresIn"]
    assert list(session["user"]) == USER_KEYS
    assert session["token"] == session["accessToken"]
    assert session["expiresIn"] == 900
    assert "$argon2" not in answer.get_data(as_text=True)


def test_new_account_is_a_human_with_public_access(client: FlaskClient) -> None:
    user = client.post(REGISTER, json=ANN).get_json()["user"]

    assert user["kind"] == "human"
    assert user["role"] == "user"
    assert user["accessTier"] == "public"
    assert user["emailVerified"] is False
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", user["id"]
    )
    for name in ("createdAt", "updatedAt"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", user[name])


def test_given_name_is_stored(client: FlaskClient) -> None:
    user = client.post(REGISTER, json=ANN | {"name": "Änne O'Hara 🌻"}).get_json()["user"]

    assert user["name"] == "Änne O'Hara 🌻"


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
def test_session_cookie_is_set_without_an_expiry(client: FlaskClient, path: str) -> None:
    if path == LOGIN:
        client.post(REGISTER, json=ANN)

    cookies = client.post(path, json=ANN).headers.getlist("Set-Cookie")

    assert len(cookies) == 1
    assert cookies[0].startswith("personas_session=")
    assert attributes(cookies[0]) == ["HttpOnly", "Path=/", "SameSite=Lax"]


def test_session_cookie_is_secure_in_production(production: FlaskClient) -> None:
    cookies = production.post(REGISTER, json=ANN).headers.getlist("Set-Cookie")

    assert len(cookies) == 1
    assert attributes(cookies[0]) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]


def test_session_cookie_authenticates_unchanged(client: FlaskClient) -> None:
    cookie = client.post(REGISTER, json=ANN).headers["Set-Cookie"].partition(";")[0]

    answer = client.get(SESSION, headers={"Cookie": cookie})

    assert answer.get_json()["user"]["email"] == "ann@example.org"


def test_humans_may_register_on_a_persona_domain_outside_production(client: FlaskClient) -> None:
    answer = client.post(REGISTER, json=ANN | {"email": "ann@mana.test"})

    assert answer.status_code == 201
    assert answer.get_json()["user"]["kind"] == "human"


def test_persona_domain_is_refused_for_registration_in_production(production: FlaskClient) -> None:
    answer = production.post(REGISTER, json=ANN | {"email": "ann@MANA.test"})

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["email"]


def test_one_of_eight_registrations_of_an_email_at_once_succeeds(app: Flask) -> None:
    start = Barrier(8)

    def register(_: int) -> int:
        start.wait()
        return app.test_client().post(REGISTER, json=ANN).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(register, range(8)))

    assert statuses == [201] + 7 * [409]


def test_wrong_password_and_unknown_email_look_and_cost_the_same(
    client: FlaskClient, ann: Account, hashes: list[str]
) -> None:
    bodies = [
        {"email": email, "password": WRONG_PASSWORD} for email in (ann.email, "nobody@example.org")
    ]
    hashes.clear()
    answers = [client.post(LOGIN, json=body) for body in bodies]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].data == answers[1].data
    for answer in answers:
        del answer.headers["X-Request-ID"]  # each request has its own
    assert [*answers[0].headers] == [*answers[1].headers]
    assert hashes == ["verify", "verify"]


@pytest.mark.parametrize("email", ["ANN@EXAMPLE.ORG", "Ａｎｎ@example.org", "ann@exaⓜple.org"])
def test_account_logs_in_with_every_form_of_its_email(
    client: FlaskClient, ann: Account, email: str
) -> None:
    answer = client.post(LOGIN, json={"email": email, "password": PASSWORD})

    assert answer.status_code == 200
    assert (
        answer.get_json()["user"] == (client.get(SESSION, headers=ann.headers).get_json()["user"])
    )
