"""Runners that report at the same time, on each database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.activity.conftest import Read
from tests.activity.runner import Row, Runner, action, counts, numbered, rating, refusal
from tests.people import Account

Act = Callable[[Runner], TestResponse]


@pytest.fixture
def app(database: Flask) -> Flask:
    """Once on each database."""
    return database


@pytest.fixture
def together(app: Flask, as_runner: dict[str, str]) -> Callable[..., list[TestResponse]]:
    """Let several runners act at the same time: `together(act, other, …)`."""

    def run(*acts: Act) -> list[TestResponse]:
        barrier = Barrier(len(acts))

        def start(act: Act) -> TestResponse:
            runner = Runner(app.test_client(use_cookies=False), as_runner)
            barrier.wait()
            return act(runner)

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(start, acts))

    return run


@pytest.mark.parametrize("rows", [numbered(*range(50)), [action(), action()]])
def test_batch_sent_by_eight_runners_at_once_is_written_once(
    bob: str, stored: Read, together: Any, rows: list[Row]
) -> None:
    for tick in ("first", "second", "third"):
        sent = [row | {"tickId": tick} for row in rows]

        answers = together(*[lambda runner, sent=sent: runner.actions(bob, *sent)] * 8)

        assert sorted(map(counts, answers)) == [(0, len(rows))] * 7 + [(len(rows), 0)]
    assert stored("SELECT count(*) FROM persona_actions") == [(3 * len(rows),)]
    assert stored("SELECT sum(actions) FROM action_counts WHERE span = 'day'") == [(3 * len(rows),)]


def test_one_of_two_conflicting_rows_wins(bob: str, stored: Read, together: Any) -> None:
    for seq in range(8):
        rows = [[action(seq=seq, latencyMs=writer), action(tickId=f"{seq} {writer}", seq=0)]
                for writer in (1, 2)]  # fmt: skip

        answers = together(
            *[lambda runner, batch=batch: runner.actions(bob, *batch) for batch in rows]
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        (lost,) = (answer for answer in answers if answer.status_code == 409)
        (won,) = (batch for batch, answer in zip(rows, answers, strict=True) if answer is not lost)
        assert refusal(lost) == (409, ["actions.0"])
        of_tick = f"SELECT latency_ms FROM persona_actions WHERE tick_id = 'tick' AND seq = {seq}"
        assert stored(of_tick) == [(won[0]["latencyMs"],)]
    assert stored("SELECT count(*) FROM persona_actions") == [(16,)]


def test_one_of_two_conflicting_ratings_wins(bob: str, stored: Read, together: Any) -> None:
    acts = [
        lambda runner, stars=stars: runner.feedback(bob, rating(stars=stars)) for stars in (1, 5)
    ]

    answers = together(*acts)

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(stored("SELECT rating FROM persona_feedback")) == 1


def test_overlapping_batches_at_once_lose_no_row(bob: str, stored: Read, together: Any) -> None:
    parts = [numbered(*range(start, start + 40)) for start in range(0, 80, 10)]

    answers = together(*[lambda runner, part=part: runner.actions(bob, *part) for part in parts])

    assert sum(counts(answer)[0] for answer in answers) == 110
    assert {sum(counts(answer)) for answer in answers} == {40}
    assert stored("SELECT count(*), max(seq) FROM persona_actions") == [(110, 109)]


def test_reports_during_deletion_are_stored_or_refused(
    bob: str, kim: str, admin: Any, stored: Read, together: Any
) -> None:
    def delete(runner: Runner) -> TestResponse:
        return runner.client.delete(f"/api/v1/admin/personas/{bob}", headers=admin.headers)

    reports = [
        lambda runner, seq=seq, persona=persona: runner.actions(persona, action(seq=seq))
        for seq in range(3)
        for persona in (bob, kim)
    ]

    answers = together(*reports[:3], delete, *reports[3:])

    assert answers[3].status_code == 200
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert stored("SELECT DISTINCT persona_id FROM persona_actions") == [(kim,)]


@pytest.mark.parametrize("times", [20, pytest.param(60, marks=pytest.mark.slow)])
def test_persona_can_be_read_while_ratings_arrive(
    app: Flask, bob: str, admin: Account, together: Any, times: int
) -> None:
    def rate(runner: Runner) -> TestResponse:
        for number in range(times):
            answer = runner.feedback(bob, rating(tickId=str(number), module=f"m{number}"))
        return answer

    def read(_runner: Runner) -> TestResponse:
        client = app.test_client(use_cookies=False)
        for _ in range(times):
            answer = client.get(f"/api/v1/admin/personas/{bob}", headers=admin.headers)
            assert answer.status_code == 200
        return answer

    rated, *_ = together(rate, read, read)

    assert counts(rated) == (1, 0)
