"""What the tests of spaces share: a team with one of each role, and somebody who is not in it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from personas.user.stamp import Stamp
from tests.people import Account

VERIFIED = Stamp(email_verified=True)
SPACES = "/api/v1/spaces"
INVITATIONS = "/api/v1/invitations"
ROLES = ("owner", "admin", "member", "stranger")
CreateSpace = Callable[..., str]
Join = Callable[[str, Account, Account, str], None]


@dataclass(frozen=True)
class Team:
    """A space, and an account of each role in it."""

    id: str
    owner: Account
    admin: Account
    member: Account
    stranger: Account

    @property
    def url(self) -> str:
        return f"{SPACES}/{self.id}"

    def account(self, role: str) -> Account:
        found: Account = getattr(self, role)
        return found


@pytest.fixture
def create_space(client: FlaskClient) -> CreateSpace:
    """Make a space: `create_space(ann, type="club")`. Answers its id."""

    def create(owner: Account, name: str = "The Bakers", type: str = "family") -> str:  # noqa: A002
        body = {"name": name, "type": type}
        answer = client.post(SPACES, json=body, headers=owner.headers)
        assert answer.status_code == 201
        return str(answer.get_json()["space"]["id"])

    return create


@pytest.fixture
def join(client: FlaskClient) -> Join:
    """Bring an account into a space: `join(space_id, owner, ben, "admin")`."""

    def join(space_id: str, owner: Account, account: Account, role: str) -> None:
        sent = {"email": account.email, "role": "member" if role == "member" else "admin"}
        url = f"{SPACES}/{space_id}"
        invited = client.post(f"{url}/invitations", json=sent, headers=owner.headers).get_json()
        accepted = f"{INVITATIONS}/{invited['invitation']['id']}/accept"
        assert client.post(accepted, headers=account.headers).status_code == 200
        if role == "owner":
            path = f"{url}/members/{account.id}"
            answer = client.patch(path, json={"role": "owner"}, headers=owner.headers)
            assert answer.status_code == 200

    return join


@pytest.fixture
def verified(create_user: Callable[..., Account]) -> Callable[[str], Account]:
    """Make an account whose e-mail is verified: `verified("ben")`."""
    return lambda name: create_user(f"{name}@example.org", stamp=VERIFIED)


@pytest.fixture
def team(create_space: CreateSpace, join: Join, verified: Callable[[str], Account]) -> Team:
    owner, admin, member, stranger = (verified(f"the.{role}") for role in ROLES)
    space_id = create_space(owner, "The team", "team")
    join(space_id, owner, admin, "admin")
    join(space_id, owner, member, "member")
    return Team(space_id, owner, admin, member, stranger)
