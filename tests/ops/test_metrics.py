"""What is counted, and who may see it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import CreateApp
from tests.people import PASSWORD, Account
from tests.production import secrets, serve


def sample(text: str, name: str, **labels: str) -> float:
    """The sum of all samples of this name with at least these labels."""
    samples = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
    expected = {f'{key}="{value}"' for key, value in labels.items()}
    return sum(float(value) for actual, value in samples if expected <= set(actual.split(",")))


@pytest.fixture
def scrape(client: FlaskClient) -> Callable[[], str]:
    return lambda: client.get("/metrics").text


def test_a_request_is_counted_and_timed(client: FlaskClient, scrape: Callable[[], str]) -> None:
    for _ in range(3):
        client.get("/healthz")

    labels = {"endpoint": "personas.health.healthz"}
    text = scrape()
    assert sample(text, "personas_requests_total", method="GET", status="200", **labels) == 3
    assert sample(text, "personas_request_seconds_count", **labels) == 3


def test_values_of_clients_do_not_become_labels(
    client: FlaskClient, scrape: Callable[[], str]
) -> None:
    for number in range(5):
        client.open(f"/nowhere-{number}", method=f"MADEUP{number}")

    text = scrape()
    assert sample(text, "personas_requests_total", endpoint="none", method="other") == 5
    assert "nowhere" not in text
    assert "MADEUP" not in text


def test_each_application_has_its_own_metrics(make_app: CreateApp) -> None:
    first, second = (make_app().test_client() for _ in range(2))
    first.get("/healthz")

    name, labels = "personas_requests_total", {"endpoint": "personas.health.healthz"}
    assert sample(first.get("/metrics").text, name, **labels) == 1
    assert sample(second.get("/metrics").text, name, **labels) == 0


def test_logins_and_hashes_are_counted(
    client: FlaskClient, ann: Account, scrape: Callable[[], str]
) -> None:
    for password in (PASSWORD, *["not the password"] * 11):
        client.post("/api/v1/auth/login", json={"email": ann.email, "password": password})

    text = scrape()
    results = [
        sample(text, "personas_logins_total", result=result)
        for result in ("ok", "wrong", "limited", "failed")
    ]
    assert results == [1, 10, 1, 0]
    assert sample(text, "personas_hashes_total", purpose="verify") == 11
    assert sample(text, "personas_hash_seconds_count", purpose="verify") == 11


def test_personas_are_counted_by_archetype(
    create_persona: Callable[..., Account], scrape: Callable[[], str]
) -> None:
    for name in ("bob", "eve", "zoe"):
        archetype = "researcher" if name == "zoe" else "solo-dev"
        create_persona(f"persona.{name}@mana.test", archetype=archetype)

    assert sample(scrape(), "personas_personas", archetype="solo-dev") == 2
    assert sample(scrape(), "personas_personas", archetype="researcher") == 1


def test_without_the_database_the_other_metrics_remain(make_app: CreateApp, instance: Path) -> None:
    client = make_app(database_url=f"sqlite:///{instance / 'jwt_private_key.pem'}").test_client()

    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert "personas_requests_total" in client.get("/metrics").text


def test_production_requires_the_service_key(make_app: CreateApp) -> None:
    keys = secrets() | {"service_key_previous": "the key of last year, 32 bytes long"}
    client = make_app("production", **keys).test_client()

    sent = (keys["service_key"], keys["service_key_previous"], "wrong", "")
    answers = [client.get("/metrics", headers={"X-Service-Key": key}) for key in sent]

    assert [answer.status_code for answer in answers] == [200, 200, 401, 401]
    assert client.get("/metrics").content_type == "application/problem+json"


def test_metrics_are_loaded_only_by_a_request(app: Flask) -> None:
    assert "personas_metrics" not in app.extensions


@pytest.mark.slow
def test_three_workers_report_their_sum(tmp_path: Path) -> None:
    # each request on a new connection, which any worker may accept
    headers = {"Connection": "close"}
    with (
        serve(tmp_path, "--workers", "3") as service,
        httpx.Client(base_url=service.url, headers=headers) as http,
        ThreadPoolExecutor(6) as pool,
    ):
        statuses = [answer.status_code for answer in pool.map(http.get, ["/healthz"] * 60)]
        key = {"X-Service-Key": service.settings["PERSONAS_SERVICE_KEY"]}
        scrapes = [http.get("/metrics", headers=key).text for _ in range(10)]

    assert statuses == [200] * 60
    labels = {"endpoint": "personas.health.healthz"}
    assert {sample(text, "personas_requests_total", **labels) for text in scrapes} == {60}
    assert {sample(text, "personas_request_seconds_count", **labels) for text in scrapes} == {60}
