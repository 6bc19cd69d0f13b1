"""Fixtures of the space tests: a team with one account per role, and a stranger to it."""

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
    """A space, an account of each role in it, and one that is not a member."""

    id: str
    owner: Account
    admin: Account
    member: Account
    stranger: Account

    @property
    def url(self) -> str:
        return f"{SPACES}/{self.id}"

    def account(self, role: str) -> Account:
        account: Account = getattr(self, role)
        return account


@pytest.fixture
def create_space(client: FlaskClient) -> CreateSpace:
    """Create a space and return its id: `create_space(ann, type="club")`."""

    def create(owner: Account, name: str = "The Bakers", type: str = "family") -> str:  # noqa: A002
        body = {"name": name, "type": type}
        answer = client.post(SPACES, json=body, headers=owner.headers)
        assert answer.status_code == 201
        return str(answer.get_json()["space"]["id"])

    return create


@pytest.fixture
def join(client: FlaskClient) -> Join:
    """Make an account a member of a space: `join(space_id, owner, ben, "admin")`."""

    def join(space_id: str, owner: Account, account: Account, role: str) -> None:
        body = {"email": account.email, "role": "member" if role == "member" else "admin"}
        url = f"{SPACES}/{space_id}"
        invited = client.post(f"{url}/invitations", json=body, headers=owner.headers).get_json()
        accept_url = f"{INVITATIONS}/{invited['invitation']['id']}/accept"
        assert client.post(accept_url, headers=account.headers).status_code == 200
        if role == "owner":
            path = f"{url}/members/{account.id}"
            answer = client.patch(path, json={"role": "owner"}, headers=owner.headers)
            assert answer.status_code == 200

    return join


@pytest.fixture
def verified(create_user: Callable[..., Account]) -> Callable[[str], Account]:
    """Create an account with a verified e-mail: `verified("ben")`."""
    return lambda name: create_user(f"{name}@example.org", stamp=VERIFIED)


@pytest.fixture
def team(create_space: CreateSpace, join: Join, verified: Callable[[str], Account]) -> Team:
    owner, admin, member, stranger = (verified(f"the.{role}") for role in ROLES)
    space_id = create_space(owner, "The team", "team")
    join(space_id, owner, admin, "admin")
    join(space_id, owner, member, "member")
    return Team(space_id, owner, admin, member, stranger)
