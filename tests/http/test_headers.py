"""The headers of every response."""

import pytest
from flask.testing import FlaskClient

from tests.conftest import CreateApp
from tests.production import secrets

EXPECTED = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/docs", 200),
        ("GET", "/api/v1/auth/session", 401),
        ("GET", "/nowhere", 404),
        ("PUT", "/healthz", 405),
        ("POST", "/api/v1/auth/login", 415),
    ],
)
def test_every_response_has_the_security_headers(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method, data=b"x" if method == "POST" else None)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED


def test_an_internal_error_has_the_headers_too(make_app: CreateApp) -> None:
    app = make_app()
    app.testing = False

    @app.get("/boom")
    def boom() -> str:
        raise ZeroDivisionError

    answer = app.test_client().get("/boom")

    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/api/auth/jwks", "/api/v1/auth/jwks"])
def test_the_public_keys_may_be_cached_for_five_minutes(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.get_json()["keys"]


@pytest.mark.parametrize(
    ("url", "strict"),
    [("https://personas.example.org", "max-age=31536000"), ("http://personas.internal", None)],
)
def test_only_https_in_production_sends_strict_transport_security(
    make_app: CreateApp, client: FlaskClient, url: str, strict: str | None
) -> None:
    app = make_app("production", url=url, **secrets())

    assert app.test_client().get("/healthz").headers.get("Strict-Transport-Security") == strict
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
