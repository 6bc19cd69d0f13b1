"""The order of the checks, and required credentials (contract, section 6)."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from personas.http.fields import NIL_ID
from tests.space.conftest import INVITATIONS, SPACES, Team

GARBAGE: dict[str, Any] = {"data": b"{", "content_type": "text/plain"}
MALFORMED: dict[str, Any] = {"data": b"{", "content_type": "application/json"}
BEN = {"email": "ben@example.org", "role": "admin"}


def test_checks_run_in_a_fixed_order(client: FlaskClient, team: Team) -> None:
    url, unknown_url = f"{team.url}/invitations", f"{SPACES}/{NIL_ID}/invitations"
    refusals: list[tuple[str, str, dict[str, Any], int]] = [
        (url, "nobody", GARBAGE, 401),
        (url, "stranger", GARBAGE, 415),
        (url, "stranger", MALFORMED, 400),
        (url, "stranger", {"json": BEN | {"role": "owner"}}, 422),
        (f"{url}?x=1", "stranger", {"json": BEN}, 422),
        (url, "stranger", {"json": BEN}, 404),
        (unknown_url, "owner", {"json": BEN}, 404),
        (url, "member", {"json": BEN}, 403),
        (url, "admin", {"json": BEN | {"email": team.owner.email}}, 403),
        (url, "owner", {"json": BEN | {"email": team.owner.email}}, 409),
    ]
    for path, account, sent, status in refusals:
        headers = {} if account == "nobody" else team.account(account).headers

        answer = client.post(path, headers=headers, **sent)

        assert (path, account, answer.status_code) == (path, account, status)
        assert answer.content_type == "application/problem+json"


def test_existence_is_checked_before_permission(client: FlaskClient, team: Team) -> None:
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
def test_request_without_credentials_is_unauthorized(
    client: FlaskClient, method: str, path: str
) -> None:
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
def test_invalid_invitation_is_refused(
    client: FlaskClient, team: Team, wrong: dict[str, Any], field: str
) -> None:
    body = {"email": "ben@example.org", "role": "member"} | wrong

    answer = client.post(f"{team.url}/invitations", json=body, headers=team.owner.headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_cookie_from_another_site_cannot_write(client: FlaskClient, team: Team) -> None:
    cross_site = {"Cookie": team.owner.cookie, "Sec-Fetch-Site": "cross-site"}
    same_origin = {"Cookie": team.owner.cookie, "Sec-Fetch-Site": "same-origin"}

    assert client.delete(team.url, headers=cross_site).status_code == 403
    assert client.delete(team.url, headers=same_origin).status_code == 204
