"""Mailed links, and an application with a page, /new, that each test defines."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from personas.auth.mail import Outbox
from personas.state import state_of
from personas.testing.fresh_app import fresh_app
from tests.conftest import CreateApp


@pytest.fixture
def links(app: Flask, instance: Path) -> Callable[[], list[str]]:
    """All links mailed so far, the oldest first."""

    def read() -> list[str]:
        state_of(app)[Outbox].wait()
        path = instance / "mailbox"
        return re.findall(r"https?://\S+", path.read_text()) if path.exists() else []

    return read


def undefined() -> str:
    raise AssertionError("this test has not defined its page")


@pytest.fixture(scope="session")
def extended_app(create_shared_app: CreateApp) -> Flask:
    app = create_shared_app()
    app.add_url_rule("/new", "web.new", undefined, methods=["GET", "POST"])
    app.add_url_rule("/new/ä b", "web.new", undefined, methods=["GET", "POST"])
    return app


@pytest.fixture
def app_with_page(extended_app: Flask, instance: Path) -> Iterator[Flask]:  # noqa: ARG001  its file
    with fresh_app(extended_app) as app:
        yield app
        app.view_functions["web.new"] = undefined
