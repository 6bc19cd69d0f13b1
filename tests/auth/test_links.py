"""Mailed links that confirm an e-mail address or reset a password."""

import mailbox
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.link import LIFETIMES, RESET, VERIFY
from personas.auth.mail import Outbox
from personas.database.engine import db
from personas.database.session import read
from personas.state import state_of
from personas.user.models import User
from tests.people import PASSWORD, Account, Clock

NEW = "another password that is long"


@pytest.fixture
def mails(app: Flask, instance: Path) -> Callable[[], list[str]]:
    """All mails so far, as `To: subject: text`, the oldest first."""

    def read_all() -> list[str]:
        outbox: Outbox = state_of(app)[Outbox]
        outbox.wait()
        path = instance / "mailbox"
        if not path.exists():
            return []
        with closing(mailbox.mbox(path)) as box:
            return [f"{mail['To']}: {mail['Subject']}: {mail.get_payload()}" for mail in box]

    return read_all


def test_new_account_confirms_its_email_by_link_while_logged_in(
    client: FlaskClient, mails: Callable[[], list[str]]
) -> None:
    ann = _register(client, "ann@example.org")
    token = _token(mails()[0])

    answer = client.post("/api/v1/auth/verify-email", json={"token": token}, headers=ann)

    assert answer.status_code == 200
    assert answer.get_json()["user"]["emailVerified"] is True
    assert mails()[0].startswith("ann@example.org: Confirm your e-mail address: ")


def test_confirmation_link_works_once(
    client: FlaskClient, mails: Callable[[], list[str]], admin: Account
) -> None:
    ann = _register(client, "ann@example.org")
    token = _token(mails()[0])
    first = client.post("/api/v1/auth/verify-email", json={"token": token}, headers=ann)
    user_id = first.get_json()["user"]["id"]

    again = client.post("/api/v1/auth/verify-email", json={"token": token}, headers=ann)
    client.patch(
        f"/api/v1/admin/users/{user_id}", json={"emailVerified": False}, headers=admin.headers
    )
    after_revoking = client.post("/api/v1/auth/verify-email", json={"token": token}, headers=ann)

    assert [again.status_code, after_revoking.status_code] == [422, 422]
    assert list(again.get_json()["errors"]) == ["token"]


def test_confirmation_link_needs_a_session_of_its_account(
    client: FlaskClient, mails: Callable[[], list[str]]
) -> None:
    _register(client, "ann@example.org")
    bob = _register(client, "bob@example.org")
    token = _token(mails()[0])

    as_bob = client.post("/api/v1/auth/verify-email", json={"token": token}, headers=bob)
    anonymous = client.post("/api/v1/auth/verify-email", json={"token": token})

    assert [as_bob.status_code, anonymous.status_code] == [422, 401]


def test_forgotten_password_can_be_reset(
    client: FlaskClient, mails: Callable[[], list[str]], ann: Account
) -> None:
    requested = client.post("/api/v1/auth/forgot-password", json={"email": "ANN@example.org"})
    token = _token(mails()[-1])

    answer = client.post("/api/v1/auth/reset-password", json={"token": token, "password": NEW})

    assert [requested.status_code, answer.status_code] == [202, 204]
    assert client.get("/api/v1/auth/session", headers=ann.headers).status_code == 401
    assert _login(client, "ann@example.org", PASSWORD) == 401
    assert _login(client, "ann@example.org", NEW) == 200
    again = client.post("/api/v1/auth/reset-password", json={"token": token, "password": NEW})
    assert again.status_code == 422


def test_resetting_a_password_confirms_the_email(
    app: Flask, client: FlaskClient, mails: Callable[[], list[str]], ann: Account
) -> None:
    client.post("/api/v1/auth/forgot-password", json={"email": ann.email})
    token = _token(mails()[-1])

    client.post("/api/v1/auth/reset-password", json={"token": token, "password": NEW})

    with app.app_context(), read():
        assert db.session.get_one(User, ann.id).email_verified


def test_unknown_email_gets_the_same_answer_and_no_mail(
    client: FlaskClient, mails: Callable[[], list[str]], ann: Account
) -> None:
    known = client.post("/api/v1/auth/forgot-password", json={"email": ann.email})
    unknown = client.post("/api/v1/auth/forgot-password", json={"email": "nobody@example.org"})

    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert [mail.split(":")[0] for mail in mails()] == [ann.email]


def test_no_mail_is_ever_sent_to_a_persona(
    client: FlaskClient, mails: Callable[[], list[str]], create_persona: Callable[..., Account]
) -> None:
    bob = create_persona("persona.bob@mana.test")

    answer = client.post("/api/v1/auth/forgot-password", json={"email": bob.email})

    assert answer.status_code == 202
    assert mails() == []


@pytest.mark.parametrize("purpose", [VERIFY, RESET])
def test_a_link_expires(
    client: FlaskClient, mails: Callable[[], list[str]], stopped_clock: Clock, purpose: str
) -> None:
    _register(client, "ann@example.org")
    client.post("/api/v1/auth/forgot-password", json={"email": "ann@example.org"})
    token = _token(mails()[0 if purpose == VERIFY else 1])
    stopped_clock.move(seconds=LIFETIMES[purpose] + 1)
    logged_in = client.post(
        "/api/v1/auth/login", json={"email": "ann@example.org", "password": PASSWORD}
    )
    headers = {"Authorization": f"Bearer {logged_in.get_json()['token']}"}
    sent = {"token": token} if purpose == VERIFY else {"token": token, "password": NEW}

    answer = client.post(f"/api/v1/auth/{purpose}", json=sent, headers=headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["token"]


def test_link_is_valid_for_one_purpose_only(
    client: FlaskClient, mails: Callable[[], list[str]]
) -> None:
    _register(client, "ann@example.org")
    token = _token(mails()[0])

    answer = client.post("/api/v1/auth/reset-password", json={"token": token, "password": NEW})

    assert answer.status_code == 422


def _register(client: FlaskClient, email: str) -> dict[str, str]:
    answer = client.post("/api/v1/auth/register", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


def _login(client: FlaskClient, email: str, password: str) -> int:
    sent = {"email": email, "password": password}
    return client.post("/api/v1/auth/login", json=sent).status_code


def _token(mail: str) -> str:
    """The token of the link in a mail."""
    match = re.search(r"#token=(\S+)", mail)
    assert match, mail
    return match[1]
