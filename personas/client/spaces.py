"""The API of spaces, as one account."""

from personas.client.accounts import Session
from personas.client.answers import InvitationAnswer, Nothing, SpaceAnswer

SPACES = "/api/v1/spaces"


class SpaceClient:
    """The API of spaces, in an account's session. Every method raises ClientError."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, name: str, space_type: str, slug: str) -> str:
        """Create a space that this account owns. Return its id."""
        body = {"name": name, "type": space_type, "slug": slug}
        return self._session.call("POST", SPACES, SpaceAnswer, json=body).space.id

    def rename(self, space_id: str, name: str) -> None:
        self._session.call("PATCH", f"{SPACES}/{space_id}", Nothing, json={"name": name})

    def invite(self, space_id: str, email: str, role: str) -> str:
        """Invite an e-mail to a space. Return the id of the invitation."""
        path, body = f"{SPACES}/{space_id}/invitations", {"email": email, "role": role}
        return self._session.call("POST", path, InvitationAnswer, json=body).invitation.id

    def accept(self, invitation_id: str) -> None:
        self._session.call("POST", f"/api/v1/invitations/{invitation_id}/accept", Nothing)

    def change_role(self, space_id: str, user_id: str, role: str) -> None:
        path = f"{SPACES}/{space_id}/members/{user_id}"
        self._session.call("PATCH", path, Nothing, json={"role": role})

    def remove_member(self, space_id: str, user_id: str) -> None:
        self._session.call("DELETE", f"{SPACES}/{space_id}/members/{user_id}", Nothing)
