"""Signing up and in over HTTP."""

from flask.testing import FlaskClient

from tests.people import PASSWORD, Account


def test_an_email_registers_once(client: FlaskClient) -> None:
    first = client.post(
        "/api/v1/auth/register", json={"email": "ann@example.org", "password": PASSWORD}
    )
    second = client.post(
        "/api/v1/auth/register", json={"email": "Ann@Example.ORG", "password": PASSWORD}
    )

    assert first.status_code == 201
    assert first.get_json()["user"]["name"] == "ann"
    assert second.status_code == 409
    assert second.content_type == "application/problem+json"


def test_a_session_knows_its_account(client: FlaskClient, ann: Account) -> None:
    answer = client.get("/api/v1/auth/session", headers=ann.headers)

    assert answer.status_code == 200
    assert answer.get_json()["user"]["email"] == "ann@example.org"
    assert answer.get_json()["spaces"] == []
