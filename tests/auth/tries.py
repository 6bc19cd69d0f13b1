"""Ways to try too often."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.auth.limit import Limits
from personas.state import state_of
from tests.people import PASSWORD

WRONG = "a wrong password"


def login(
    client: FlaskClient,
    email: str = "ann@example.org",
    password: str = WRONG,
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


def register(client: FlaskClient, email: str, **sent: Any) -> TestResponse:
    body = {"email": email, "password": PASSWORD}
    return client.post("/api/v1/auth/register", json=body, **sent)


def fail(client: FlaskClient, times: int, **sent: Any) -> list[int]:
    """The statuses of some logins with a wrong password."""
    return [login(client, **sent).status_code for _ in range(times)]


def fill(app: Flask, item: Any, times: int, address: str = "127.0.0.1") -> None:
    """Count what an address has tried, without the requests."""
    for _ in range(times):
        state_of(app)[Limits].count(item, address)
