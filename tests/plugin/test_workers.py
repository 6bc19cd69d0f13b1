"""Whole runs in separate processes, as a project with the installed package starts them."""

import json
from textwrap import dedent

import pytest
from flask import Flask

from personas.user.stamp import ADMIN
from tests.plugin.conftest import run
from tests.server import serve
from tests.service import register

pytestmark = pytest.mark.slow

HUNDRED = """
    import pytest

    @pytest.mark.parametrize("number", range(25))
    @pytest.mark.parametrize("who", ["anna", "ben", "kai", "maya"])
    def test_somebody(persona, who, number):
        someone = persona(who)
        assert someone.email == f"persona.{who}@mana.test"
        session = someone.client.get("/api/v1/auth/session")
        assert session.json["user"]["email"] == someone.email
        sent = {"email": "ann@example.org", "password": "a long enough password"}
        assert someone.client.post("/api/v1/auth/register", json=sent).status_code == 201
    """


@pytest.mark.parametrize("time", range(10))
def test_a_hundred_tests_pass_on_two_workers(pytester: pytest.Pytester, time: int) -> None:  # noqa: ARG001  ten times
    pytester.makepyfile(test_suite=dedent(HUNDRED))
    result = run(pytester, "-n", "2", "-W", "error")

    result.assert_outcomes(passed=100)


def test_workers_do_not_share_a_clone(
    pytester: pytest.Pytester, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = """
        import os
        import pytest

        @pytest.mark.parametrize("number", range(20))
        def test_anna(persona, number):
            anna = persona("anna")
            assert anna.email == f"persona.anna+{os.environ['PYTEST_XDIST_WORKER']}@mana.test"
            assert anna.client.get("/api/v1/auth/session").status_code == 200
        """
    pytester.makepyfile(test_suite=dedent(lines))
    monkeypatch.setenv("PERSONAS_ADMIN_JWT", register(app, "admin@example.org", ADMIN))
    with serve(app) as url:
        result = run(pytester, "-n", "2", "--personas-url", url)

    result.assert_outcomes(passed=20)
    listed = app.test_cli_runner().invoke(args=["personas", "list", "--json"])
    assert json.loads(listed.output) == []


def test_an_unused_plugin_imports_nothing(pytester: pytest.Pytester) -> None:
    lines = """
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.split(".")[0] == "personas"}
            assert ours == {"personas", "personas.testing", "personas.testing.plugin"}
            assert not {"flask", "sqlalchemy", "httpx"} & set(sys.modules)
        """
    pytester.makepyfile(test_suite=dedent(lines))
    # hypothesis and others may import anything
    others = ("-p", "no:playwright", "-p", "no:schemathesis", "-p", "no:hypothesispytest")

    run(pytester, *others).assert_outcomes(passed=1)
