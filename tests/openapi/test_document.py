"""The OpenAPI document: valid, complete and correct."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jsonschema_rs import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.run import TESTING_PHASES
from schemathesis.generation.case import Case
from schemathesis.transport.wsgi import WSGITransport

from personas.auth import service as auth
from personas.auth.models import Session
from personas.auth.session import open_session_for
from personas.config.settings import Settings
from personas.database.engine import db
from personas.database.session import read, write
from personas.openapi.document import TAGS
from personas.state import state_of
from personas.user import service as users
from personas.user.models import User
from tests.conftest import CreateApp
from tests.people import PASSWORD, Account

EXAMPLES = 50
UNDOCUMENTED = ("docs", "scrape")  # itself, and for Prometheus: not in the document
ADMIN_EMAIL = "admin@example.org"

# A wrong mailed token is 422 (contract, section 2), which no schema can express
WRONG_TOKENS = {"POST /api/v1/auth/verify-email", "POST /api/v1/auth/reset-password"}

# A reversed period, or one longer than five years: no schema can express these either
WRONG_PERIODS = {"GET /api/v1/admin/analytics/modules", "GET /api/v1/admin/analytics/tools"}

# Times of another year, `seq` in only some rows, a repeated tick and seq: nor these
WRONG_BATCHES = {
    f"POST /api/v1/internal/personas/{{user_id}}/{rows}" for rows in ("actions", "feedback")
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    body: dict[str, Any] = client.get("/openapi.json").get_json()
    return body


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    from openapi_spec_validator import validate  # half a second, for one test

    validate(document)

    assert document["openapi"] == "3.1.0"


def test_every_json_view_is_documented(app: Flask, document: dict[str, Any]) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("personas.")]
    views = {rule.endpoint for rule in rules if rule.endpoint.split(".")[1] not in UNDOCUMENTED}

    assert len(list(operations(document))) == len(views)


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    described = [operation for _, operation in operations(document)]

    assert all(operation["summary"] and "security" in operation for operation in described)
    assert len({operation["operationId"] for operation in described}) == len(described)
    assert {tag for operation in described for tag in operation["tags"]} == set(TAGS)


def test_every_schema_and_security_scheme_is_used(document: dict[str, Any]) -> None:
    text = str(document)

    assert [name for name in document["components"]["schemas"] if f"/{name}'" not in text] == []
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie", "serviceKey"}


def test_every_example_matches_its_schema(document: dict[str, Any]) -> None:
    shapes = {"components": document["components"]}
    for label, operation in operations(document):
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind in body.get("content", {}).values():
                check = Draft202012Validator(kind["schema"] | shapes)
                values = [example["value"] for example in kind.get("examples", {}).values()]
                for value in [kind["example"]] if "example" in kind else values:
                    assert list(check.iter_errors(value)) == [], label


def test_the_document_names_the_operations_that_need_credentials(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    for label, operation in operations(document):
        method, path = label.split()
        answer = client.open(path, method=method, json={} if method in ("POST", "PATCH") else None)

        assert (answer.status_code == 401) == bool(operation["security"]), label
        if answer.status_code == 401:
            assert "401" in operation["responses"], label


def test_the_schemas_follow_the_settings(make_app: CreateApp) -> None:
    app = make_app(password_min_length="20", email_domains="mana.test,example.test")

    shapes = app.test_client().get("/openapi.json").get_json()["components"]["schemas"]
    email = Draft202012Validator(shapes["PersonaPut"]["properties"]["email"])

    assert shapes["Registration"]["properties"]["password"]["minLength"] == 20
    assert email.is_valid("Persona.Anna@EXAMPLE.test")
    assert not email.is_valid("anna@example.org")


@pytest.mark.slow
def test_apispec_is_imported_only_for_the_document() -> None:
    code = "import sys, personas.app; print('apispec' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_the_server_url_contains_the_prefix(app: Flask) -> None:
    below = app.test_client().get("/openapi.json", base_url="http://localhost/personas")

    assert below.get_json()["servers"] == [{"url": "/personas"}]


@pytest.mark.slow
@pytest.mark.parametrize(
    "tags",
    [
        ("accounts", "users", "keys"),
        ("personas", "runner", "analytics", "audit", "health"),
        ("spaces",),
    ],
)
# Hypothesis finds a prompt of 20,000 characters too long to show
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_schemathesis_finds_no_failures(
    make_app: CreateApp,
    create_user: Callable[..., Account],
    monkeypatch: pytest.MonkeyPatch,
    document: dict[str, Any],
    tags: tuple[str, ...],
) -> None:
    """All phases, all checks, as an admin. Split by tags, so that cores share the work."""
    app = make_app(ratelimit_enabled="false")
    monkeypatch.setattr(WSGITransport, "send", _without_options_for_sockets(WSGITransport.send))
    create_user(ADMIN_EMAIL)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app, config=_config(tags))
    schema.auth(refresh_interval=None)(_fresh_admin(app))

    recorded = list(from_schema(schema).execute())

    tried = {e.label for e in recorded if isinstance(e, events.ScenarioFinished) and e.label}
    expected = {
        name for name, operation in operations(document) if set(operation["tags"]) & set(tags)
    }
    assert tried == expected
    assert list(_failures(recorded)) == []
    ended = {
        event.phase.name: event.status
        for event in recorded
        if isinstance(event, events.PhaseFinished)
    }
    assert {ended[phase] for phase in TESTING_PHASES} == {Status.SUCCESS}


def _config(tags: tuple[str, ...]) -> SchemathesisConfig:
    """The same cases in every run, for the operations with these tags."""
    exempt = [
        {"include-name": label, "checks": {"positive_data_acceptance": {"enabled": False}}}
        for label in sorted(WRONG_TOKENS | WRONG_PERIODS | WRONG_BATCHES)
    ]
    others = sorted(TAGS.keys() - tags)
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "continue-on-failure": True,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "no-shrink": True},
            "operations": [*exempt, {"include-tag": others, "enabled": False}],
        }
    )


def _failures(recorded: list[events.EngineEvent]) -> Iterator[str]:
    for event in recorded:
        if isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.value}"
        if isinstance(event, events.FatalError):
            yield str(event.exception)
        if isinstance(event, events.ScenarioFinished):
            checks = (check for checks in event.recorder.checks.values() for check in checks)
            for failed in (check.failure_info for check in checks if check.failure_info):
                yield f"{event.label}: {failed.failure}: {failed.code_sample}"


def _fresh_admin(app: Flask) -> type[Any]:
    """An admin's token for each case, even if an earlier case logged out or deleted the admin."""

    class FreshAdmin:
        session_id = token = ""

        def get(self, _case: Case[Any], _context: object) -> str:
            role = sa.select(User.role).join(Session).where(Session.id == self.session_id)
            with app.app_context():
                with read():
                    is_admin = db.session.scalar(role) == "admin"
                if not is_admin:
                    self.log_in()
            return self.token

        def log_in(self) -> None:
            if users.find(ADMIN_EMAIL) is None:
                auth.register(ADMIN_EMAIL, PASSWORD)
            with write():
                admin = sa.update(User).where(User.email == ADMIN_EMAIL)
                db.session.execute(admin.values(role="admin"))
            logged_in = open_session_for(ADMIN_EMAIL)
            self.session_id, self.token = logged_in.session_id, logged_in.access_token

        def set(self, case: Case[Any], token: str, _context: object) -> None:
            case.headers["Authorization"] = f"Bearer {token}"
            case.headers["X-Service-Key"] = state_of(app)[Settings].service_keys[0]

    return FreshAdmin


def _without_options_for_sockets(send: Callable[..., Any]) -> Callable[..., Any]:
    """schemathesis 4.32 hands them to werkzeug when it repeats a request without credentials."""

    def send_filtered(self: Any, case: Case[Any], **options: Any) -> Any:
        for name in ("max_redirects", "verify", "cert", "proxies"):
            options.pop(name, None)
        return send(self, case, **options)

    return send_filtered
