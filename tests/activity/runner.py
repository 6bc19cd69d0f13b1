"""The runner of the tests, and the rows that it sends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Row = dict[str, Any]
URL = "/api/v1/internal/personas"


def action(**fields: Any) -> Row:
    """One call of a tool, as the runner sends it: `action(seq=3, latencyMs=20)`."""
    return {"tickId": "tick", "toolName": "todo.create", "result": "ok"} | fields


def rating(module: str = "todo", stars: object = 4, **fields: Any) -> Row:
    return {"tickId": "tick", "module": module, "rating": stars} | fields


def numbered(*seqs: int, **fields: Any) -> list[Row]:
    """Actions with these numbers, each with its own latency."""
    return [action(seq=seq, latencyMs=seq, **fields) for seq in seqs]


def wire(at: datetime) -> str:
    """A time as the service writes it."""
    return at.isoformat().replace("+00:00", "Z")


def counts(answer: TestResponse) -> tuple[int, int]:
    """The numbers of written and of duplicate rows in a successful answer."""
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert set(body) == {"ok", "written", "duplicates"}
    assert body["ok"] is True
    return body["written"], body["duplicates"]


def refusal(answer: TestResponse) -> tuple[int, list[str]]:
    """The status of a refusal, and the paths of the invalid values."""
    assert answer.content_type == "application/problem+json"
    return answer.status_code, list(answer.get_json().get("errors", {}))


@dataclass(frozen=True)
class Runner:
    """Calls the service with its service key."""

    client: FlaskClient
    headers: dict[str, str] = field(repr=False)

    def actions(self, persona_id: str, *rows: object) -> TestResponse:
        return self.post(persona_id, "actions", rows)

    def feedback(self, persona_id: str, *rows: object) -> TestResponse:
        return self.post(persona_id, "feedback", rows)

    def post(self, persona_id: str, name: str, rows: object) -> TestResponse:
        url = f"{URL}/{persona_id}/{name}"
        return self.client.post(url, json={name: rows}, headers=self.headers)

    def due(self) -> dict[str, Any]:
        answer = self.client.get(f"{URL}/due", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())
