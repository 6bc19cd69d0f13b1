"""Request bodies: their type, their size, and the methods without one."""

import json
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personas.http.body import LIMIT
from tests.people import PASSWORD, Account

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"
JSON = "application/json"
ANN = json.dumps({"email": "ann@example.org", "password": PASSWORD}).encode()


def test_json_is_accepted_in_every_spelling(client: FlaskClient, ann: Account) -> None:
    spellings = [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON",
    ]

    answers = [client.post(LOGIN, data=ANN, content_type=spelling) for spelling in spellings]

    assert {answer.get_json()["user"]["id"] for answer in answers} == {ann.id}


def test_other_content_types_are_not_supported(client: FlaskClient) -> None:
    others = [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
    ]

    answers = [client.post(REGISTER, data=ANN, content_type=other) for other in others]

    assert [answer.status_code for answer in answers] == [415] * len(others)


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 201), (LIMIT + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_at_most_a_mebibyte(
    client: FlaskClient, size: int, status: int, *, chunked: bool
) -> None:
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

    answer = client.post(
        REGISTER,
        data=ANN + b" " * (size - len(ANN)),
        content_type=JSON,
        environ_overrides=environ | {"CONTENT_LENGTH": ""} if chunked else {},
    )

    assert answer.status_code == status


@pytest.mark.parametrize("content_type", [JSON, "text/plain", "nonsense"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_body_of_a_get_is_ignored(
    client: FlaskClient, ann: Account, method: str, content_type: str
) -> None:
    bodies = (b"", b"garbage", b"[]", b"\xff", b"x" * (LIMIT + 1))
    sent: dict[str, Any] = {"content_type": content_type, "headers": ann.headers}

    answers = [
        client.open("/api/v1/auth/session", method=method, data=raw, **sent) for raw in bodies
    ]

    assert [answer.status_code for answer in answers] == [200] * len(bodies)


def test_the_body_of_a_delete_is_ignored(client: FlaskClient, admin: Account, ann: Account) -> None:
    answer = client.delete(
        f"/api/v1/admin/users/{ann.id}", data=b"{", content_type=JSON, headers=admin.headers
    )

    assert answer.status_code == 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda below: st.lists(below) | st.dictionaries(st.text(st.characters()), below),
    max_leaves=10,
)
BODIES = st.dictionaries(
    st.sampled_from(["email", "password", "name"]) | st.text(st.characters()), VALUES
)


@given(st.binary() | BODIES.map(lambda body: json.dumps(body).encode()))
@settings(
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_that_a_client_sends_breaks_the_service(app: Flask, raw: bytes) -> None:
    client = app.test_client()

    statuses = [
        client.post(path, data=raw, content_type=JSON).status_code for path in (REGISTER, LOGIN)
    ]

    assert set(statuses) <= {200, 201, 400, 401, 409, 422, 429}


@pytest.mark.parametrize(
    "body",
    [
        {str(number): 1 for number in range(20_001)},
        {"refreshToken": [[] for _ in range(20_001)]},
    ],
    ids=["keys", "items"],
)
def test_a_body_with_too_many_values_is_refused(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post(LOGIN, json=body)

    assert answer.status_code == 422


def test_a_body_shorter_than_its_content_length_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        LOGIN, data=ANN, content_type=JSON, environ_overrides={"CONTENT_LENGTH": "400"}
    )

    assert answer.status_code == 400


def test_a_body_whose_stream_breaks_is_refused(client: FlaskClient) -> None:
    class Broken(BytesIO):
        def read(self, *_args: object) -> bytes:
            raise OSError("Invalid chunk size")

        readinto = read1 = read  # type: ignore[assignment]  # whichever method the library calls

    environ = {"wsgi.input": Broken(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = client.post(LOGIN, content_type=JSON, environ_overrides=environ)

    assert answer.status_code == 400
