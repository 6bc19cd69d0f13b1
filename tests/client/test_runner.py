"""The runner's client: who is due, and batches of actions and ratings."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from personas.client.answers import DuePersona, Written
from personas.client.errors import ClientError, ProblemError, UnexpectedAnswer
from personas.client.runner import RunnerClient
from tests.client.test_accounts import ID
from tests.server import Script, answer, problem, serve

DUE = {
    "userId": ID,
    "email": "bob@mana.test",
    "archetype": "solo-dev",
    "systemPrompt": "You are Bob.",
    "moduleMix": {"todo": 1},
    "tickCadence": "daily",
    "lastActiveAt": None,
}
TIME = "2026-11-23T08:00:00Z"


def test_due_personas_are_read_with_the_time_of_the_service() -> None:
    script = Script(answer({"personas": [DUE, DUE | {"lastActiveAt": TIME}], "serverTime": TIME}))
    with serve(script) as url, RunnerClient(url, key="a-key") as runner:
        due = runner.due()

    time = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert due.server_time == time
    assert [persona.last_active_at for persona in due.personas] == [None, time]
    assert due.personas[0] == DuePersona(
        user_id=ID,
        email="bob@mana.test",
        archetype="solo-dev",
        system_prompt="You are Bob.",
        module_mix={"todo": 1},
        tick_cadence="daily",
        last_active_at=None,
    )
    assert script.asked[0].path == "/api/v1/internal/personas/due"
    assert script.asked[0].headers["X-Service-Key"] == "a-key"
    assert "Authorization" not in script.asked[0].headers


def test_batches_are_sent_as_given() -> None:
    script = Script(answer({"ok": True, "written": 1, "duplicates": 1}))
    actions = [{"tickId": "t", "toolName": "todo.create", "result": "ok"}] * 2
    feedback = [{"tickId": "t", "module": "todo", "rating": 4}]
    with serve(script) as url, RunnerClient(url, key="a-key") as runner:
        written = runner.report_actions(ID, actions), runner.report_feedback(ID, feedback)

    assert written == (Written(written=1, duplicates=1),) * 2
    assert [request.path for request in script.asked] == [
        f"/api/v1/internal/personas/{ID}/actions",
        f"/api/v1/internal/personas/{ID}/feedback",
    ]
    assert [request.get_json() for request in script.asked] == [
        {"actions": actions},
        {"feedback": feedback},
    ]


def test_a_batch_is_sent_again_when_the_service_is_busy() -> None:
    script = Script(problem(503), answer({"ok": True, "written": 1, "duplicates": 0}))
    with serve(script) as url, RunnerClient(url, key="a-key") as runner:
        runner.report_actions(ID, [{"tickId": "t"}])

    assert [request.get_json() for request in script.asked] == [{"actions": [{"tickId": "t"}]}] * 2


@pytest.mark.parametrize(
    "document",
    [
        {"personas": []},
        {"personas": [DUE | {"userId": "../x"}], "serverTime": TIME},
        {"personas": [DUE | {"lastActiveAt": 1}], "serverTime": TIME},
        {"personas": [DUE | {"moduleMix": {"todo": "1"}}], "serverTime": TIME},
    ],
)
def test_due_personas_of_another_shape_are_unexpected(document: dict[str, object]) -> None:
    with (
        serve(Script(answer(document))) as url,
        RunnerClient(url, key="a-key") as runner,
        pytest.raises(UnexpectedAnswer),
    ):
        runner.due()


def test_no_message_contains_the_key() -> None:
    with (
        serve(Script(problem(401, "No, secret-key!"))) as url,
        RunnerClient(url, key="secret-key") as runner,
        pytest.raises(ProblemError) as raised,
    ):
        runner.due()

    assert "secret-key" not in f"{raised.value!r}{raised.value}{runner!r}{vars(runner)}"


def test_an_invalid_key_is_not_sent() -> None:
    script = Script(problem(401))
    with (
        serve(script) as url,
        RunnerClient(url, key="key\r\nX-Admin: 1") as runner,
        pytest.raises(ClientError, match="character") as raised,
    ):
        runner.due()

    assert script.asked == []
    assert "X-Admin" not in str(raised.value)


def test_a_turn_is_reported_to_the_service(
    app: Flask, as_runner: dict[str, str], create_persona: Callable[..., object]
) -> None:
    create_persona("persona.bob@mana.test")
    with serve(app) as url, RunnerClient(url, key=as_runner["X-Service-Key"]) as runner:
        [bob] = runner.due().personas
        action = {"tickId": "t", "toolName": "todo.create", "result": "ok", "seq": 0}
        rating = {"tickId": "t", "module": "todo", "rating": 4}
        first = runner.report_actions(bob.user_id, [action])
        again = runner.report_actions(bob.user_id, [action])
        rated = runner.report_feedback(bob.user_id, [rating])

        assert runner.due().personas == ()

    assert (first.written, first.duplicates) == (1, 0)
    assert (again.written, again.duplicates) == (0, 1)
    assert (rated.written, rated.duplicates) == (1, 0)
