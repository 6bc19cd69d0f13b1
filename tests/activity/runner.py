"""The runner as the tests play it, and the rows that it sends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Row = dict[str, Any]
URL = "/api/v1/internal/personas"


def action(**said: Any) -> Row:
    """One call of a tool, as the runner sends it: `action(seq=3, latencyMs=20)`."""
    return {"tickId": "tick", "toolName": "todo.create", "result": "ok"} | said


def rating(module: str = "todo", stars: object = 4, **said: Any) -> Row:
    return {"tickId": "tick", "module": module, "rating": stars} | said


def numbered(*seqs: int, **said: Any) -> list[Row]:
    """Actions of these numbers, each told from the others by how long it took."""
    return [action(seq=seq, latencyMs=seq, **said) for seq in seqs]


def wire(at: datetime) -> str:
    """A time as the service says it."""
    return at.isoformat().replace("+00:00", "Z")


def counts(answer: TestResponse) -> tuple[int, int]:
    """How many rows were written, and how many were there, by an answer that is good."""
    assert answer.status_code == 200, answer.text
    said = answer.get_json()
    assert set(said) == {"ok", "written", "duplicates"}
    assert said["ok"] is True
    return said["written"], said["duplicates"]


def refusal(answer: TestResponse) -> tuple[int, list[str]]:
    """The status of a refusal, and the paths of what is wrong."""
    assert answer.content_type == "application/problem+json"
    return answer.status_code, list(answer.get_json().get("errors", {}))


@dataclass(frozen=True)
class Runner:
    """Speaks to the service by its key."""

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
