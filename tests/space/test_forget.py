"""What happens to spaces, memberships and invitations when an account is deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.people import Account
from tests.persona.watch import contents
from tests.space.conftest import INVITATIONS, VERIFIED, CreateSpace, Join, Team

Delete = Callable[[Account], int]


@pytest.fixture
def delete(client: FlaskClient, admin: Account) -> Delete:
    """Delete an account or a persona as the admin, and return the status."""

    def delete(account: Account) -> int:
        collection = "personas" if account.email.endswith("@mana.test") else "users"
        path = f"/api/v1/admin/{collection}/{account.id}"
        return client.delete(path, headers=admin.headers).status_code

    return delete


def roles(client: FlaskClient, url: str, account: Account) -> dict[str, str]:
    answer = client.get(url, headers=account.headers)
    assert answer.status_code == 200
    return {member["userId"]: member["role"] for member in answer.get_json()["members"]}


@pytest.mark.parametrize("email", ["ann@example.org", "persona.ann@mana.test"])
def test_deleting_an_account_deletes_its_own_spaces(
    app: Flask,
    create_user: Callable[..., Account],
    create_persona: Callable[..., Account],
    create_space: CreateSpace,
    delete: Delete,
    email: str,
) -> None:
    ann = create_persona(email) if email.endswith("@mana.test") else create_user(email)
    create_space(ann)

    assert delete(ann) == 200
    stored = contents(app)
    assert [row for row in stored["spaces"] if "admin-2" not in row] == []
    assert len(stored["space_members"]) == 1


def test_slug_of_a_deleted_account_is_free_again(
    client: FlaskClient, create_user: Callable[..., Account], delete: Delete
) -> None:
    delete(create_user("ann@example.org"))
    ann = create_user("ann@example.com")

    [space] = client.get("/api/auth/organization/list", headers=ann.headers).get_json()
    assert space["slug"] == "ann"


def test_oldest_admin_becomes_the_owner(
    client: FlaskClient,
    team: Team,
    join: Join,
    verified: Callable[[str], Account],
    delete: Delete,
) -> None:
    later = verified("later")
    join(team.id, team.owner, later, "admin")

    assert delete(team.owner) == 200
    assert roles(client, team.url, team.member) == {
        team.admin.id: "owner",
        team.member.id: "member",
        later.id: "admin",
    }


def test_oldest_member_becomes_the_owner_without_an_admin(
    client: FlaskClient,
    team: Team,
    join: Join,
    verified: Callable[[str], Account],
    delete: Delete,
) -> None:
    later = verified("later")
    join(team.id, team.owner, later, "member")
    delete(team.admin)

    assert delete(team.owner) == 200
    assert roles(client, team.url, later) == {team.member.id: "owner", later.id: "member"}


def test_no_role_changes_while_there_is_another_owner(
    client: FlaskClient,
    team: Team,
    join: Join,
    verified: Callable[[str], Account],
    delete: Delete,
) -> None:
    second = verified("second")
    join(team.id, team.owner, second, "owner")
    delete(team.owner)

    assert roles(client, team.url, second) == {
        second.id: "owner",
        team.admin.id: "admin",
        team.member.id: "member",
    }


def test_deleting_an_account_deletes_its_invitations(
    app: Flask,
    client: FlaskClient,
    team: Team,
    create_user: Callable[..., Account],
    delete: Delete,
) -> None:
    invitations = f"{team.url}/invitations"
    for email in (team.stranger.email, "ben@example.org"):
        sent = {"email": email, "role": "member"}
        inviter = team.admin if email.startswith("ben") else team.owner
        assert client.post(invitations, json=sent, headers=inviter.headers).status_code == 201
    delete(team.stranger)
    delete(team.admin)
    new_account = create_user(team.stranger.email, stamp=VERIFIED)

    assert client.get(INVITATIONS, headers=new_account.headers).get_json() == {"invitations": []}
    remaining = [row for row in contents(app)["space_invitations"] if team.member.email not in row]
    assert remaining == []


def test_refused_deletion_changes_no_space(
    app: Flask, client: FlaskClient, team: Team, admin: Account
) -> None:
    before = contents(app)
    path = f"/api/v1/admin/personas/{team.owner.id}"

    assert client.delete(path, headers=admin.headers).status_code == 409
    after = contents(app)
    assert {table: after[table] for table in after if table != "sessions"} == {
        table: before[table] for table in before if table != "sessions"
    }


def test_audit_trail_records_every_change_of_a_space(
    client: FlaskClient, team: Team, admin: Account, delete: Delete
) -> None:
    headers, email = team.owner.headers, "ben@example.org"
    client.patch(team.url, json={"name": "Us"}, headers=headers)
    sent = {"email": email, "role": "member"}
    invited = client.post(f"{team.url}/invitations", json=sent, headers=headers).get_json()
    client.delete(f"{team.url}/invitations/{invited['invitation']['id']}", headers=headers)
    client.delete(f"{team.url}/members/{team.member.id}", headers=headers)
    delete(team.owner)
    client.delete(team.url, headers=team.admin.headers)

    path = f"/api/v1/admin/audit?target={team.id}"
    events = client.get(path, headers=admin.headers).get_json()["events"]
    facts = {"name": "The team", "slug": "the-team", "type": "team"}
    created = facts | {"owner": team.owner.email}
    role = {"email": team.admin.email, "role": "admin"}
    member = {"email": team.member.email, "role": "member"}
    ben = {"email": email, "role": "member"}
    assert [_summary(event) for event in reversed(events)] == [
        ("space.create", team.owner.id, None, created),
        ("space.invite", team.owner.id, None, role),
        ("space.accept", team.admin.id, None, role),
        ("space.invite", team.owner.id, None, member),
        ("space.accept", team.member.id, None, member),
        ("space.update", team.owner.id, {"name": "The team"}, {"name": "Us"}),
        ("space.invite", team.owner.id, None, ben),
        ("space.revoke", team.owner.id, ben, None),
        ("space.remove", team.owner.id, member, None),
        ("space.role", admin.id, role, role | {"role": "owner"}),
        ("space.delete", team.admin.id, facts | {"name": "Us"}, None),
    ]
    trail = client.get("/api/v1/admin/audit", query_string={"target": email}, headers=admin.headers)
    assert len(trail.get_json()["events"]) == 2  # the invitation, and its end


def test_deletion_of_a_space_without_members_is_recorded(
    client: FlaskClient, ann: Account, create_space: CreateSpace, admin: Account, delete: Delete
) -> None:
    create_space(ann)
    delete(ann)

    path = "/api/v1/admin/audit?action=space.delete"
    [event] = client.get(path, headers=admin.headers).get_json()["events"]
    assert event["actor"] == admin.id
    assert event["before"]["slug"] == "the-bakers"


def _summary(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["action"], event["actor"], event["before"], event["after"]
