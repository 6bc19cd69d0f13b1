"""Changing roles, removing members and leaving; a space always has an owner."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from personas.database.engine import db
from personas.database.session import read
from personas.http.fields import NIL_ID
from personas.space.models import SpaceInvitation
from tests.people import Account
from tests.space.conftest import ROLES, CreateSpace, Join, Team


def roles(client: FlaskClient, team: Team) -> dict[str, str]:
    """The role of each member, by id."""
    members = client.get(team.url, headers=team.owner.headers).get_json()["members"]
    return {member["userId"]: member["role"] for member in members}


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (200, 403, 403, 404), strict=True)))
@pytest.mark.parametrize("new", ["owner", "admin"])
def test_only_an_owner_may_change_roles(
    client: FlaskClient, team: Team, role: str, status: int, new: str
) -> None:
    path, headers = f"{team.url}/members/{team.member.id}", team.account(role).headers

    answer = client.patch(path, json={"role": new}, headers=headers)

    assert answer.status_code == status
    assert roles(client, team)[team.member.id] == (new if status == 200 else "member")
    if status == 200:
        assert answer.get_json() == {
            "member": {
                "userId": team.member.id,
                "email": team.member.email,
                "name": "the.member",
                "kind": "human",
                "role": new,
            }
        }


# (actor, target): status
REMOVALS = {
    ("owner", "owner"): 409,
    ("owner", "admin"): 204,
    ("owner", "member"): 204,
    ("admin", "owner"): 403,
    ("admin", "admin"): 204,  # leaves
    ("admin", "member"): 204,
    ("member", "owner"): 403,
    ("member", "admin"): 403,
    ("member", "member"): 204,  # leaves
    ("stranger", "member"): 404,
    ("stranger", "stranger"): 404,
    ("owner", "stranger"): 404,
    ("member", "stranger"): 404,
}


@pytest.mark.parametrize(("actor", "target"), REMOVALS)
def test_each_role_removes_only_permitted_members(
    client: FlaskClient, team: Team, actor: str, target: str
) -> None:
    path = f"{team.url}/members/{team.account(target).id}"

    answer = client.delete(path, headers=team.account(actor).headers)

    assert answer.status_code == REMOVALS[actor, target]
    assert len(roles(client, team)) == (2 if answer.status_code == 204 else 3)


def test_admin_cannot_remove_another_admin(
    client: FlaskClient, team: Team, join: Join, verified: Callable[[str], Account]
) -> None:
    other = verified("other")
    join(team.id, team.owner, other, "admin")

    answer = client.delete(f"{team.url}/members/{other.id}", headers=team.admin.headers)

    assert answer.status_code == 403


def test_former_member_has_no_access(client: FlaskClient, team: Team) -> None:
    path = f"{team.url}/members/{team.member.id}"
    client.delete(path, headers=team.member.headers)

    assert client.get(team.url, headers=team.member.headers).status_code == 404
    assert client.delete(path, headers=team.owner.headers).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_last_owner_stays_owner_until_there_is_another(
    client: FlaskClient, team: Team, method: str
) -> None:
    path, body = f"{team.url}/members/{team.owner.id}", None
    if method == "PATCH":
        body = {"role": "member"}
    first = client.open(path, method=method, json=body, headers=team.owner.headers)
    client.patch(
        f"{team.url}/members/{team.admin.id}", json={"role": "owner"}, headers=team.owner.headers
    )
    second = client.open(path, method=method, json=body, headers=team.owner.headers)
    members = client.get(team.url, headers=team.admin.headers).get_json()["members"]

    assert first.status_code == 409
    assert second.status_code in (200, 204)
    assert [member["userId"] for member in members if member["role"] == "owner"] == [team.admin.id]


def test_setting_the_same_role_changes_nothing(client: FlaskClient, team: Team) -> None:
    path, headers = f"{team.url}/members/{team.owner.id}", team.owner.headers

    answers = [client.patch(path, json=body, headers=headers) for body in ({"role": "owner"}, {})]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.get_json()["member"]["role"] for answer in answers] == ["owner", "owner"]


@pytest.mark.parametrize("role", ["stranger", "", None, "Owner", 1])
def test_invalid_role_is_refused(client: FlaskClient, team: Team, role: object) -> None:
    path = f"{team.url}/members/{team.member.id}"

    answer = client.patch(path, json={"role": role}, headers=team.owner.headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["role"]


@pytest.mark.parametrize("user_id", [NIL_ID, "1", "%20"])
def test_unknown_member_is_not_found(client: FlaskClient, team: Team, user_id: str) -> None:
    path = f"{team.url}/members/{user_id}"

    changed = client.patch(path, json={"role": "admin"}, headers=team.owner.headers)
    removed = client.delete(path, headers=team.owner.headers)

    assert (changed.status_code, removed.status_code) == (404, 404)


def test_persona_may_own_and_join_spaces_like_a_human(
    client: FlaskClient,
    create_persona: Callable[..., Account],
    create_space: CreateSpace,
    join: Join,
    verified: Callable[[str], Account],
) -> None:
    bob, eve = create_persona("persona.bob@mana.test"), create_persona("persona.eve@mana.test")
    space_id = create_space(bob)
    join(space_id, bob, eve, "admin")
    join(space_id, eve, verified("ben"), "member")

    members = client.get(f"/api/v1/spaces/{space_id}", headers=eve.headers).get_json()["members"]

    assert [(member["kind"], member["role"]) for member in members] == [
        ("persona", "owner"),
        ("persona", "admin"),
        ("human", "member"),
    ]


@pytest.mark.parametrize(
    ("change", "remaining"),
    [
        ({"role": "owner"}, {"ben@example.org"}),
        ({"role": "admin"}, {"ben@example.org"}),
        ({"role": "member"}, set()),
        (None, set()),
    ],
)
def test_invitation_is_revoked_when_its_sender_loses_the_right(
    client: FlaskClient, team: Team, app: Flask, change: dict[str, str] | None, remaining: set[str]
) -> None:
    sent = {"email": "ben@example.org", "role": "member"}
    client.post(f"{team.url}/invitations", json=sent, headers=team.admin.headers)
    path, headers = f"{team.url}/members/{team.admin.id}", team.owner.headers

    if change:
        assert client.patch(path, json=change, headers=headers).status_code == 200
    else:
        assert client.delete(path, headers=headers).status_code == 204

    with app.app_context(), read():
        open_emails = sa.select(SpaceInvitation.email).where(SpaceInvitation.accepted_at.is_(None))
        assert set(db.session.scalars(open_emails)) == remaining
