"""Logins and registrations for the tests of the rate limits."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.auth.limit import Limits
from personas.state import state_of
from tests.people import PASSWORD

WRONG_PASSWORD = "a wrong password"


def login(
    client: FlaskClient,
    email: str = "ann@example.org",
    password: str = WRONG_PASSWORD,
    *,
    address: str = "127.0.0.1",
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    return client.post(
        "/api/v1/auth/login",
        json={"email": email, "password": password},
        headers=headers,
        environ_base={"REMOTE_ADDR": address},
    )


def register(client: FlaskClient, email: str, **options: Any) -> TestResponse:
    body = {"email": email, "password": PASSWORD}
    return client.post("/api/v1/auth/register", json=body, **options)


def fail(client: FlaskClient, times: int, **options: Any) -> list[int]:
    """The statuses of `times` logins with a wrong password."""
    return [login(client, **options).status_code for _ in range(times)]


def fill(app: Flask, item: Any, times: int, address: str = "127.0.0.1") -> None:
    """Count attempts of an address without sending requests."""
    for _ in range(times):
        state_of(app)[Limits].count(item, address)
