"""Mailed links by forms: ask for one, set a new password, confirm an e-mail address."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas.auth.limit import FORGOT, RESET
from tests.auth.tries import fill
from tests.people import PASSWORD, Account
from tests.web.visitor import post

NEW = "another password that is long"
ON_ITS_WAY = "If there is an account with this address, a link is on its way."
BAD_LINK = "This link is invalid, has been used, or has expired."
Links = Callable[[], list[str]]


@pytest.fixture
def new(client: FlaskClient) -> dict[str, str]:
    """The cookie of Ann, who has signed up and not yet confirmed her address."""
    sent = {"email": "ann@example.org", "password": PASSWORD}
    answer = client.post("/api/v1/auth/register", json=sent)
    return {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}


def is_verified(client: FlaskClient) -> bool:
    sent = {"email": "ann@example.org", "password": PASSWORD}
    verified: bool = client.post("/api/v1/auth/login", json=sent).get_json()["user"][
        "emailVerified"
    ]
    return verified


def test_a_forgotten_password_gets_the_same_answer_always(
    client: FlaskClient, ann: Account, links: Links
) -> None:
    known = post(client, "/forgot-password", {"email": ann.email})
    unknown = post(client, "/forgot-password", {"email": "nobody@example.org"})

    assert (known.status_code, known.data) == (unknown.status_code, unknown.data)
    assert ON_ITS_WAY in known.text
    assert len(links()) == 1


def test_a_forgotten_password_needs_an_address(client: FlaskClient, links: Links) -> None:
    answers = [post(client, "/forgot-password", {"email": each}) for each in ("", "no address")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all('id="email-error"' in answer.text for answer in answers)
    assert 'value="no address"' in answers[1].text
    assert links() == []


@pytest.mark.parametrize(
    ("item", "path", "form"),
    [
        (FORGOT, "/forgot-password", {"email": "ann@example.org"}),
        (RESET, "/reset-password", {"token": "x", "password": NEW}),
    ],
)
def test_forms_share_the_limits_of_the_api(
    app: Flask, client: FlaskClient, links: Links, item: object, path: str, form: dict[str, str]
) -> None:
    fill(app, item, 100)

    answer = post(client, path, form)

    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    assert "Too many attempts." in answer.text
    assert links() == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_pasted_link_sets_a_new_password(
    client: FlaskClient, ann: Account, links: Links, whole: bool
) -> None:
    post(client, "/forgot-password", {"email": ann.email})
    pasted = links()[-1] if whole else links()[-1].partition("#token=")[2]

    answer = post(client, "/reset-password", {"token": f" <{pasted}>\n", "password": NEW})
    again = post(client, "/reset-password", {"token": pasted, "password": NEW})

    assert answer.status_code == 200
    assert "Your new password is set. Log in with it." in answer.text
    assert post(client, "/login", {"email": ann.email, "password": NEW}).status_code == 303
    assert client.get("/me", headers={"Cookie": ann.cookie}).status_code == 303
    assert again.status_code == 422
    assert BAD_LINK in again.text


def test_a_bad_password_keeps_the_link_and_not_the_password(
    client: FlaskClient, ann: Account, links: Links
) -> None:
    post(client, "/forgot-password", {"email": ann.email})
    link = links()[-1]

    answer = post(client, "/reset-password", {"token": link, "password": "short"})

    assert answer.status_code == 422
    assert 'id="password-error">Must have at least 15 characters.' in answer.text
    assert f'value="{link}"' in answer.text
    assert "short" not in answer.text


@pytest.mark.parametrize("path", ["/reset-password", "/verify-email"])
@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "The link is missing."),
        ("http://localhost:5000/reset-password", BAD_LINK),
        ("http://localhost:5000/reset-password#", "The link is missing."),
        ("http://localhost:5000/reset-password#token=", "The link is missing."),
        ("http://localhost:5000/reset-password#token=a.b.c", BAD_LINK),
        ("a.b.c", BAD_LINK),
        ("x" * 1025, "Length must be between 1 and 1024."),
    ],
)
def test_a_missing_or_bad_link_offers_a_new_one(
    client: FlaskClient, new: dict[str, str], path: str, token: str, message: str
) -> None:
    answer = post(client, path, {"token": token, "password": NEW}, headers=new)

    offer = "/forgot-password" if path == "/reset-password" else "/verify-email/new-link"
    assert answer.status_code == 422
    assert message in answer.text.partition('id="token-error">')[2]
    assert f'="{offer}"' in answer.text


@pytest.mark.parametrize("whole", [True, False])
def test_a_pasted_link_confirms_the_address_of_the_logged_in_account(
    client: FlaskClient, new: dict[str, str], links: Links, whole: bool
) -> None:
    pasted = links()[0] if whole else links()[0].partition("#token=")[2]

    answer = post(client, "/verify-email", {"token": pasted}, headers=new)

    assert answer.status_code == 200
    assert "Your e-mail address is confirmed." in answer.text
    assert is_verified(client)
    assert "ann@example.org</strong> is confirmed." in client.get("/verify-email", headers=new).text
    again = post(client, "/verify-email", {"token": pasted}, headers=new)
    assert again.status_code == 422
    assert BAD_LINK in again.text


@pytest.mark.usefixtures("new")
def test_one_form_logs_in_and_confirms(client: FlaskClient, links: Links) -> None:
    form = {"token": links()[0], "email": "ann@example.org", "password": PASSWORD}

    answer = post(client, "/verify-email", form)

    assert answer.status_code == 200
    assert "<bdi>ann</bdi>" in answer.text
    assert answer.headers["Set-Cookie"].startswith("personas_session=")
    assert is_verified(client)


@pytest.mark.usefixtures("new")
def test_a_wrong_password_confirms_nothing(client: FlaskClient, links: Links) -> None:
    form = {"token": links()[0], "email": "ann@example.org", "password": "not her password"}

    answer = post(client, "/verify-email", form)

    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.text
    assert f'value="{links()[0]}"' in answer.text
    assert "not her password" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert not is_verified(client)


@pytest.mark.usefixtures("new")
def test_a_bad_link_still_logs_in(client: FlaskClient) -> None:
    form = {"token": "a.b.c", "email": "ann@example.org", "password": PASSWORD}

    answer = post(client, "/verify-email", form)

    assert answer.status_code == 422
    assert BAD_LINK in answer.text
    assert "You are logged in as" in answer.text
    assert answer.headers["Set-Cookie"].startswith("personas_session=")


@pytest.mark.usefixtures("new")
def test_nobody_confirms_the_address_of_another_account(
    client: FlaskClient, links: Links, create_user: Callable[..., Account]
) -> None:
    bob = create_user("bob@example.org")

    answer = post(client, "/verify-email", {"token": links()[0]}, headers={"Cookie": bob.cookie})

    assert answer.status_code == 422
    assert not is_verified(client)


def test_a_new_link_is_mailed_to_the_logged_in_account(
    client: FlaskClient, new: dict[str, str], links: Links
) -> None:
    answer = post(client, "/verify-email/new-link", headers=new)

    assert "A new link is on its way to ann@example.org." in answer.text
    assert len(links()) == 2
    assert post(client, "/verify-email", {"token": links()[1]}, headers=new).status_code == 200


def test_new_links_are_limited(
    app: Flask, client: FlaskClient, new: dict[str, str], links: Links
) -> None:
    fill(app, FORGOT, 100)

    answer = post(client, "/verify-email/new-link", headers=new)

    assert (answer.status_code, answer.mimetype) == (429, "text/html")
    assert "Retry-After" in answer.headers
    assert len(links()) == 1


def test_a_confirmed_account_is_mailed_no_link(
    client: FlaskClient, new: dict[str, str], links: Links
) -> None:
    post(client, "/verify-email", {"token": links()[0]}, headers=new)

    answer = post(client, "/verify-email/new-link", headers=new)

    assert "is confirmed." in answer.text
    assert len(links()) == 1


def test_a_logged_out_browser_logs_in_before_a_new_link(client: FlaskClient) -> None:
    text = client.get("/verify-email").text

    assert 'href="/login?next=/verify-email"' in text
    assert post(client, "/verify-email/new-link").headers["Location"] == "/login"
