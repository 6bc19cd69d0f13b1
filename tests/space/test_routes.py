"""What is checked before what, and who may ask at all (contract, section 6)."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from personas.http.fields import NIL_ID
from tests.space.conftest import INVITATIONS, SPACES, Team

GARBAGE: dict[str, Any] = {"data": b"{", "content_type": "text/plain"}
MALFORMED: dict[str, Any] = {"data": b"{", "content_type": "application/json"}
BEN = {"email": "ben@example.org", "role": "admin"}


def test_the_first_thing_that_is_wrong_is_said(client: FlaskClient, team: Team) -> None:
    here, nowhere = f"{team.url}/invitations", f"{SPACES}/{NIL_ID}/invitations"
    refusals: list[tuple[str, str, dict[str, Any], int]] = [
        (here, "nobody", GARBAGE, 401),
        (here, "stranger", GARBAGE, 415),
        (here, "stranger", MALFORMED, 400),
        (here, "stranger", {"json": BEN | {"role": "owner"}}, 422),
        (f"{here}?x=1", "stranger", {"json": BEN}, 422),
        (here, "stranger", {"json": BEN}, 404),
        (nowhere, "owner", {"json": BEN}, 404),
        (here, "member", {"json": BEN}, 403),
        (here, "admin", {"json": BEN | {"email": team.owner.email}}, 403),
        (here, "owner", {"json": BEN | {"email": team.owner.email}}, 409),
    ]
    for path, who, sent, status in refusals:
        headers = {} if who == "nobody" else team.account(who).headers

        answer = client.post(path, headers=headers, **sent)

        assert (path, who, answer.status_code) == (path, who, status)
        assert answer.content_type == "application/problem+json"


def test_who_is_not_there_comes_before_who_may_not(client: FlaskClient, team: Team) -> None:
    path, body = f"{team.url}/members/{team.stranger.id}", {"role": "member"}

    answer = client.patch(path, json=body, headers=team.member.headers)
    revoked = client.delete(f"{team.url}/invitations/{NIL_ID}", headers=team.member.headers)

    assert (answer.status_code, revoked.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/organization/list"),
        ("POST", SPACES),
        ("GET", f"{SPACES}/{NIL_ID}"),
        ("DELETE", f"{SPACES}/{NIL_ID}/members/{NIL_ID}"),
        ("GET", INVITATIONS),
        ("POST", f"{INVITATIONS}/{NIL_ID}/accept"),
    ],
)
def test_nobody_gets_nowhere(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(path, method=method).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "owner"}, "role"),
        ({"role": None}, "role"),
        ({"email": "ben"}, "email"),
        ({"email": "bеn@example.org"}, "email"),  # a Cyrillic е
        ({"expiresAt": "2030-01-01T00:00:00Z"}, "expiresAt"),
    ],
    ids=str,
)
def test_a_bad_invitation_is_refused(
    client: FlaskClient, team: Team, wrong: dict[str, Any], field: str
) -> None:
    body = {"email": "ben@example.org", "role": "member"} | wrong

    answer = client.post(f"{team.url}/invitations", json=body, headers=team.owner.headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_by_cookie_another_site_changes_nothing(client: FlaskClient, team: Team) -> None:
    elsewhere = {"Cookie": team.owner.cookie, "Sec-Fetch-Site": "cross-site"}
    here = {"Cookie": team.owner.cookie, "Sec-Fetch-Site": "same-origin"}

    assert client.delete(team.url, headers=elsewhere).status_code == 403
    assert client.delete(team.url, headers=here).status_code == 204
