"""The keys and values of a registration or login."""

import time
from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient

from tests.people import PASSWORD

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"
ANN = {"email": "ann@example.org", "password": PASSWORD}


UNKNOWN = {
    "kind": "persona",
    "role": "admin",
    "accessTier": "founder",
    "access_tier": "founder",
    "emailVerified": True,
    "id": "00000000-0000-7000-8000-000000000001",
    "passwordHash": "$argon2id$",
    "Email": "bob@example.org",
    "json": "a location of arguments",
    "": "nothing",
}
UNSTORABLE = ("a long enough \0 password", "a long enough \ud800 password", "\udfff" * 20)


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
def test_unknown_key_is_refused_and_named(client: FlaskClient, path: str) -> None:
    answers = {key: client.post(path, json=ANN | {key: UNKNOWN[key]}) for key in UNKNOWN}

    assert {answer.status_code for answer in answers.values()} == {422}
    assert {key: list(answer.get_json()["errors"]) for key, answer in answers.items()} == {
        key: [key] for key in UNKNOWN
    }


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
def test_key_that_marshmallow_uses_itself_is_named_too(client: FlaskClient, path: str) -> None:
    answer = client.post(path, json=ANN | {"_schema": 1})

    assert list(answer.get_json()["errors"]) == ["_schema"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("email", (None, 1, True, [], {}, ["ann@example.org"], "", "ann", "аnn@example.org")),
        ("password", (None, 123456789012345, "", "fourteen chars", "x" * 129, *UNSTORABLE)),
        ("name", (None, 1, {}, "", " \u3000 ", "x" * 201, "Ann\nBob", "A\0", "A\udfff")),
    ],
)
def test_invalid_value_is_refused_and_named(
    client: FlaskClient, name: str, values: Sequence[object]
) -> None:
    answers = [client.post(REGISTER, json=ANN | {name: value}) for value in values]

    assert [answer.status_code for answer in answers] == [422] * len(values)
    assert [list(answer.get_json()["errors"]) for answer in answers] == [[name]] * len(values)


@pytest.mark.parametrize(
    ("name", "values"),
    [("email", (None, 1, "", "ann")), ("password", (None, 1, "", "x" * 129, *UNSTORABLE))],
)
def test_login_with_an_invalid_value_is_refused_and_named(
    client: FlaskClient, name: str, values: Sequence[object]
) -> None:
    answers = [client.post(LOGIN, json=ANN | {name: value}) for value in values]

    assert [answer.status_code for answer in answers] == [422] * len(values)
    assert [list(answer.get_json()["errors"]) for answer in answers] == [[name]] * len(values)


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
def test_all_errors_are_named_at_once(client: FlaskClient, path: str) -> None:
    answer = client.post(path, json={"email": "ann", "kind": "persona"})

    assert set(answer.get_json()["errors"]) == {"email", "password", "kind"}


@pytest.mark.parametrize("path", [REGISTER, LOGIN])
def test_a_very_long_email_is_refused_at_once(client: FlaskClient, path: str) -> None:
    email = "a" + "\u0301\u0316" * 20_000  # normalizing this takes seconds: its cost is quadratic
    began = time.perf_counter()
    answer = client.post(path, json=ANN | {"email": email})

    assert answer.status_code == 422
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("password", ["x" * 15, "x" * 128, " " * 15, "🔑" * 15, "пароль" * 3])
def test_password_may_contain_any_unicode(client: FlaskClient, password: str) -> None:
    registered = client.post(REGISTER, json=ANN | {"password": password})
    logged_in = client.post(LOGIN, json=ANN | {"password": password})

    assert (registered.status_code, logged_in.status_code) == (201, 200)


def test_password_matches_in_another_unicode_form(client: FlaskClient) -> None:
    client.post(REGISTER, json=ANN | {"password": "ein schönes Passwort"})

    answer = client.post(LOGIN, json=ANN | {"password": "ein scho\u0308nes Passwort"})

    assert answer.status_code == 200
