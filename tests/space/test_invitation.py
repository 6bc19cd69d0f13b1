"""Sending, reading, accepting and revoking invitations."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.http.fields import NIL_ID
from tests.people import Account, Clock
from tests.space.conftest import INVITATIONS, ROLES, VERIFIED, Team

Invite = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def stopped(stopped_clock: Clock) -> Clock:
    """Stop the clock before any account is created."""
    return stopped_clock


@pytest.fixture
def ben(verified: Callable[[str], Account], stopped: Clock) -> Account:  # noqa: ARG001
    return verified("ben")


@pytest.fixture
def invite(client: FlaskClient, team: Team) -> Invite:
    """Invite into the team: `invite("ben@example.org", "admin", by="owner")`."""

    def invite(email: str, role: str = "member", *, by: str = "owner") -> TestResponse:
        return client.post(
            f"{team.url}/invitations",
            json={"email": email, "role": role},
            headers=team.account(by).headers,
        )

    return invite


def invitation_of(answer: TestResponse) -> Any:
    assert answer.status_code == 201
    return answer.get_json()["invitation"]


def accept(client: FlaskClient, invitation: Any, account: Account) -> TestResponse:
    return client.post(f"{INVITATIONS}/{invitation['id']}/accept", headers=account.headers)


def own_invitations(client: FlaskClient, account: Account) -> list[Any]:
    rows: list[Any] = client.get(INVITATIONS, headers=account.headers).get_json()["invitations"]
    return rows


@pytest.mark.parametrize("offered", ["admin", "member"])
@pytest.mark.parametrize("by", ROLES)
def test_owner_invites_any_role_and_admin_only_members(
    invite: Invite, by: str, offered: str
) -> None:
    statuses = {"owner": 201, "admin": 201 if offered == "member" else 403, "member": 403}

    answer = invite("ben@example.org", offered, by=by)

    assert answer.status_code == statuses.get(by, 404)


def test_invitation_is_valid_for_seven_days(invite: Invite, stopped: Clock) -> None:
    invitation = invitation_of(invite("Ben@Example.ORG", "admin"))

    assert list(invitation) == ["id", "email", "role", "expiresAt"]
    assert (invitation["email"], invitation["role"]) == ("ben@example.org", "admin")
    assert datetime.fromisoformat(invitation["expiresAt"]) == stopped.at + timedelta(days=7)


def test_invited_account_sees_the_invitation_and_joins(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    invitation = invitation_of(invite(ben.email, "admin"))
    [listed] = own_invitations(client, ben)
    accepted = accept(client, invitation, ben)
    space = accepted.get_json()["space"]

    assert listed == invitation | {"space": space}
    assert accepted.status_code == 200
    assert (space["id"], space["role"]) == (team.id, "admin")
    assert client.get(team.url, headers=ben.headers).get_json()["space"] == space
    assert own_invitations(client, ben) == []


def test_newest_invitation_is_listed_first(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    body = {"name": "Bakers", "type": "club"}
    club = client.post("/api/v1/spaces", json=body, headers=team.owner.headers).get_json()
    first = invitation_of(invite(ben.email))
    path = f"/api/v1/spaces/{club['space']['id']}/invitations"
    sent = {"email": ben.email, "role": "member"}
    second = invitation_of(client.post(path, json=sent, headers=team.owner.headers))

    assert [row["id"] for row in own_invitations(client, ben)] == [second["id"], first["id"]]


def test_invitation_can_be_accepted_after_registration(
    client: FlaskClient, create_user: Callable[..., Account], invite: Invite
) -> None:
    invitation = invitation_of(invite("late@example.org"))
    late = create_user("late@example.org", stamp=VERIFIED)

    assert accept(client, invitation, late).status_code == 200


def test_invitation_needs_a_verified_email(
    client: FlaskClient, create_user: Callable[..., Account], invite: Invite
) -> None:
    eve = create_user("eve@example.org")
    invitation = invitation_of(invite(eve.email))

    assert own_invitations(client, eve) == []
    assert accept(client, invitation, eve).status_code == 403


def test_invitation_of_another_account_is_not_found(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    invitation = invitation_of(invite("cat@example.org"))

    for account in (ben, team.owner, team.stranger):
        assert accept(client, invitation, account).status_code == 404
    assert [accept(client, {"id": id_}, ben).status_code for id_ in (NIL_ID, "x")] == [404, 404]


def test_an_invitation_is_accepted_once(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    invitation = invitation_of(invite(ben.email))
    accept(client, invitation, ben)
    again = accept(client, invitation, ben)
    client.delete(f"{team.url}/members/{ben.id}", headers=ben.headers)
    after_leaving = accept(client, invitation, ben)

    assert (again.status_code, after_leaving.status_code) == (409, 409)
    assert client.get(team.url, headers=ben.headers).status_code == 404


def test_former_member_may_be_invited_again(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    first = invitation_of(invite(ben.email))
    accept(client, first, ben)
    client.delete(f"{team.url}/members/{ben.id}", headers=ben.headers)
    second = invitation_of(invite(ben.email))

    assert second["id"] != first["id"]
    assert accept(client, second, ben).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 409), (1, 409)])
def test_an_invitation_expires(
    client: FlaskClient,
    team: Team,
    invite: Invite,
    create_user: Callable[..., Account],
    stopped: Clock,
    seconds: int,
    status: int,
) -> None:
    invitation = invitation_of(invite("late@example.org"))
    stopped.move(days=7, seconds=seconds)
    late = create_user("late@example.org", stamp=VERIFIED)

    assert len(own_invitations(client, late)) == (status == 200)
    assert accept(client, invitation, late).status_code == status
    joined = client.get(team.url, headers=late.headers)
    assert joined.status_code == (200 if status == 200 else 404)


def test_inviting_again_renews_the_open_invitation(
    client: FlaskClient, ben: Account, invite: Invite, stopped: Clock
) -> None:
    first = invitation_of(invite(ben.email, "member", by="admin"))
    stopped.move(minutes=10)
    second = invitation_of(invite(ben.email, "admin"))

    assert second["id"] == first["id"]
    assert second["expiresAt"] > first["expiresAt"]
    assert [row["role"] for row in own_invitations(client, ben)] == ["admin"]


def test_admin_cannot_change_or_revoke_an_owners_invitation(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    invitation = invitation_of(invite(ben.email, "admin"))
    path = f"{team.url}/invitations/{invitation['id']}"

    assert invite(ben.email, "member", by="admin").status_code == 403
    assert client.delete(path, headers=team.admin.headers).status_code == 403
    assert [row["role"] for row in own_invitations(client, ben)] == ["admin"]


@pytest.mark.parametrize(("by", "status"), list(zip(ROLES, (204, 204, 403, 404), strict=True)))
def test_owners_and_admins_may_revoke_an_invitation(
    client: FlaskClient, team: Team, ben: Account, invite: Invite, by: str, status: int
) -> None:
    invitation = invitation_of(invite(ben.email))
    path = f"{team.url}/invitations/{invitation['id']}"
    answer = client.delete(path, headers=team.account(by).headers)
    again = client.delete(path, headers=team.owner.headers)

    assert answer.status_code == status
    assert again.status_code == (404 if status == 204 else 204)
    assert accept(client, invitation, ben).status_code == 404


def test_accepted_invitation_cannot_be_revoked(
    client: FlaskClient, team: Team, ben: Account, invite: Invite
) -> None:
    invitation = invitation_of(invite(ben.email))
    accept(client, invitation, ben)
    path = f"{team.url}/invitations/{invitation['id']}"

    assert client.delete(path, headers=team.owner.headers).status_code == 404
    assert client.get(team.url, headers=ben.headers).status_code == 200


def test_invitation_can_be_revoked_only_in_its_own_space(
    client: FlaskClient, ben: Account, invite: Invite
) -> None:
    invitation = invitation_of(invite(ben.email))
    body = {"name": "Mine", "type": "club"}
    club = client.post("/api/v1/spaces", json=body, headers=ben.headers).get_json()["space"]["id"]
    path = f"/api/v1/spaces/{club}/invitations/{invitation['id']}"

    assert client.delete(path, headers=ben.headers).status_code == 404
    assert len(own_invitations(client, ben)) == 1


@pytest.mark.parametrize("role", ["owner", "admin", "member"])
def test_member_cannot_be_invited_again(team: Team, invite: Invite, role: str) -> None:
    assert invite(team.account(role).email).status_code == 409


def test_accepting_refuses_a_body_with_values(
    client: FlaskClient, ben: Account, invite: Invite
) -> None:
    path = f"{INVITATIONS}/{invitation_of(invite(ben.email))['id']}/accept"

    refused = client.post(path, json={"role": "owner"}, headers=ben.headers)
    accepted = client.post(path, json={}, headers=ben.headers)

    assert (refused.status_code, accepted.status_code) == (422, 200)
