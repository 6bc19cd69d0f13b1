"""The people of the tests, and what is sent about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from personas.auth.guard import COOKIE
from personas.auth.session import LoggedIn
from personas.auth.token import sign_cookie
from personas.config.settings import Settings
from personas.state import state_of

PASSWORD = "a long enough password"
PROMPT = "You are somebody with a life and habits of your own."


@dataclass(frozen=True)
class Account:
    """An account that a test made, with what it needs to speak as it."""

    id: str
    email: str
    token: str
    cookie: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def account_of(app: Flask, logged_in: LoggedIn) -> Account:
    """Who has logged in to the service `app`."""
    value = sign_cookie(state_of(app)[Settings], logged_in.session_id)
    return Account(
        id=logged_in.user.id,
        email=logged_in.user.email,
        token=logged_in.access_token,
        cookie=f"{COOKIE}={value}",
        refresh_token=logged_in.refresh_token,
    )


class Clock:
    """The service's clock, standing still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def move(self, **by: float) -> None:
        """Move on, or back: `clock.move(minutes=5)`."""
        self.at += timedelta(**by)


def persona(**changes: Any) -> dict[str, Any]:
    """A description as `put` takes it."""
    described = {"archetype": "solo-dev", "system_prompt": PROMPT, "module_mix": {"todo": 1}}
    return described | changes


def body(**changes: Any) -> dict[str, Any]:
    """A description as `POST /api/v1/admin/personas` takes it."""
    sent = {
        "email": "persona.bob@mana.test",
        "password": PASSWORD,
        "archetype": "solo-dev",
        "systemPrompt": PROMPT,
        "moduleMix": {"todo": 1},
    }
    return sent | changes
