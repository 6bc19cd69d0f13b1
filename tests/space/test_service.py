"""Reading, listing, renaming and deleting spaces."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from personas.http.fields import NIL_ID
from tests.people import Account
from tests.space.conftest import ROLES, SPACES, CreateSpace, Team

ALL = "/api/v1/admin/spaces"


def personal_space_id(client: FlaskClient, account: Account) -> str:
    """The id of an account's personal space."""
    spaces = client.get("/api/auth/organization/list", headers=account.headers).get_json()
    return str(spaces[0]["id"])


def test_member_sees_all_members(client: FlaskClient, team: Team) -> None:
    answer = client.get(team.url, headers=team.member.headers)
    body = answer.get_json()

    assert answer.status_code == 200
    assert list(body) == ["space", "members"]
    assert body["space"]["role"] == "member"
    assert body["members"] == [
        {
            "userId": account.id,
            "email": account.email,
            "name": f"the.{role}",
            "kind": "human",
            "role": role,
        }
        for role, account in (
            ("owner", team.owner),
            ("admin", team.admin),
            ("member", team.member),
        )
    ]


@pytest.mark.parametrize("space_id", ["the space", NIL_ID, "1", "X", "%00"])
def test_space_is_not_found_for_a_stranger(client: FlaskClient, team: Team, space_id: str) -> None:
    url = team.url if space_id == "the space" else f"{SPACES}/{space_id}"
    headers = team.stranger.headers
    answers = [
        client.get(url, headers=headers),
        client.patch(url, json={"name": "Mine"}, headers=headers),
        client.delete(url, headers=headers),
        client.post(
            f"{url}/invitations",
            json={"email": "eve@example.org", "role": "admin"},
            headers=headers,
        ),
        client.delete(f"{url}/invitations/{NIL_ID}", headers=headers),
        client.patch(f"{url}/members/{team.stranger.id}", json={"role": "owner"}, headers=headers),
        client.delete(f"{url}/members/{team.member.id}", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (200, 200, 403, 404), strict=True)))
def test_owners_and_admins_may_rename_a_space(
    client: FlaskClient, team: Team, role: str, status: int
) -> None:
    answer = client.patch(team.url, json={"name": "Us"}, headers=team.account(role).headers)
    after = client.get(team.url, headers=team.owner.headers).get_json()["space"]

    assert answer.status_code == status
    assert after["name"] == ("Us" if status == 200 else "The team")
    assert after["slug"] == "the-team"
    if status == 200:
        assert answer.get_json() == {"space": after | {"role": role}}


def test_rename_without_a_name_changes_nothing(client: FlaskClient, team: Team) -> None:
    before = client.get(team.url, headers=team.owner.headers).get_json()

    answer = client.patch(team.url, json={}, headers=team.owner.headers)

    assert answer.status_code == 200
    assert client.get(team.url, headers=team.owner.headers).get_json() == before


@pytest.mark.parametrize("body", [{"name": None}, {"name": " "}, {"type": "club"}, {"slug": "x"}])
def test_only_the_name_can_be_changed(
    client: FlaskClient, team: Team, body: dict[str, Any]
) -> None:
    answer = client.patch(team.url, json=body, headers=team.owner.headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == list(body)


@pytest.mark.parametrize(("role", "status"), list(zip(ROLES, (204, 403, 403, 404), strict=True)))
def test_only_an_owner_may_delete_a_space(
    client: FlaskClient, team: Team, role: str, status: int
) -> None:
    answer = client.delete(team.url, headers=team.account(role).headers)
    after = client.get(team.url, headers=team.member.headers)

    assert answer.status_code == status
    assert after.status_code == (404 if status == 204 else 200)


def test_personal_space_can_only_be_renamed(
    client: FlaskClient, ann: Account, verified: Callable[[str], Account]
) -> None:
    url, ben = f"{SPACES}/{personal_space_id(client, ann)}", verified("ben")
    before = client.get(url, headers=ann.headers).get_json()
    sent = {"email": ben.email, "role": "member"}
    answers = [
        client.delete(url, headers=ann.headers),
        client.post(f"{url}/invitations", json=sent, headers=ann.headers),
        client.delete(f"{url}/members/{ann.id}", headers=ann.headers),
        client.patch(f"{url}/members/{ann.id}", json={"role": "member"}, headers=ann.headers),
    ]

    assert [answer.status_code for answer in answers] == [409] * 4
    assert client.get(url, headers=ann.headers).get_json() == before
    assert client.patch(url, json={"name": "Me"}, headers=ann.headers).status_code == 200


@pytest.fixture
def list_spaces(client: FlaskClient, admin: Account) -> Callable[[str], TestResponse]:
    """The list of all spaces for the admin: `list_spaces("type=team")`."""
    return lambda query: client.get(f"{ALL}?{query}", headers=admin.headers)


def test_admin_sees_every_space(team: Team, list_spaces: Callable[[str], TestResponse]) -> None:
    answer = list_spaces("type=team")
    [space] = answer.get_json()["spaces"]

    assert answer.get_json()["nextCursor"] is None
    assert list(space) == ["id", "name", "slug", "type", "members"]
    assert (space["id"], space["slug"], space["type"]) == (team.id, "the-team", "team")
    assert space["members"] == [
        {"userId": team.account(role).id, "email": team.account(role).email, "role": role}
        for role in ROLES[:3]
    ]


@pytest.mark.usefixtures("team")
def test_list_is_paged_with_the_newest_first(list_spaces: Callable[[str], TestResponse]) -> None:
    all_slugs = [space["slug"] for space in list_spaces("").get_json()["spaces"]]
    pages, cursor = [], ""
    while cursor is not None:
        page = list_spaces(f"limit=2{cursor}").get_json()
        pages.append([space["slug"] for space in page["spaces"]])
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"

    assert all_slugs == ["admin-2", "the-team", *(f"the-{role}" for role in reversed(ROLES))]
    assert [slug for page in pages for slug in page] == all_slugs
    assert [len(page) for page in pages] == [2, 2, 2]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("q=ÜBER", ["uber-uns"]),
        ("q=uber-", ["uber-uns"]),
        ("q=UBER-", ["uber-uns"]),
        ("q=%25", []),
        ("q=über&type=team", []),
        ("type=family", ["uber-uns"]),
        ("type=practice", []),
    ],
)
def test_list_can_be_searched_by_name_slug_and_type(
    ann: Account,
    create_space: CreateSpace,
    list_spaces: Callable[[str], TestResponse],
    query: str,
    slugs: list[str],
) -> None:
    create_space(ann, "Über uns")

    assert [space["slug"] for space in list_spaces(query).get_json()["spaces"]] == slugs


@pytest.mark.parametrize(
    "query", ["type=", "type=house", "limit=0", "limit=1001", "cursor=1", "q="]
)
def test_invalid_query_is_refused(list_spaces: Callable[[str], TestResponse], query: str) -> None:
    answer = list_spaces(query)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [query.partition("=")[0]]


def test_list_of_all_spaces_needs_an_admin(client: FlaskClient, ann: Account) -> None:
    assert client.get(ALL).status_code == 401
    assert client.get(ALL, headers=ann.headers).status_code == 403
