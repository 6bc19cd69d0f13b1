"""What the tests of mailed links share."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from personas.auth.mail import Outbox
from personas.state import state_of


@pytest.fixture
def links(app: Flask, instance: Path) -> Callable[[], list[str]]:
    """All links mailed so far, the oldest first."""

    def read() -> list[str]:
        state_of(app)[Outbox].wait()
        path = instance / "mailbox"
        return re.findall(r"https?://\S+", path.read_text()) if path.exists() else []

    return read
