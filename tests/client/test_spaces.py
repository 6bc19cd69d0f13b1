"""What an account does in its spaces: the requests, and the ids that come back."""

import pytest
from werkzeug import Response

from personas.client.errors import UnexpectedAnswer
from personas.client.spaces import SpaceClient
from tests.client.test_accounts import ID
from tests.server import Script, answer, speak


def test_a_space_is_created_and_filled() -> None:
    script = Script(
        answer({"space": {"id": ID}}, 201),
        answer({"space": {}}),
        answer({"invitation": {"id": ID}}, 201),
        answer({"space": {}}),
        answer({"member": {}}),
        Response(status=204),
    )
    with speak(script, token="secret") as session:
        spaces = SpaceClient(session)
        space_id = spaces.create("The flat", "family", "flat")
        spaces.rename(space_id, "Home")
        spaces.accept(spaces.invite(space_id, "bob@mana.test", "member"))
        spaces.change_role(space_id, ID, "admin")
        spaces.remove_member(space_id, ID)

    assert [f"{request.method} {request.path}" for request in script.asked] == [
        "POST /api/v1/spaces",
        f"PATCH /api/v1/spaces/{ID}",
        f"POST /api/v1/spaces/{ID}/invitations",
        f"POST /api/v1/invitations/{ID}/accept",
        f"PATCH /api/v1/spaces/{ID}/members/{ID}",
        f"DELETE /api/v1/spaces/{ID}/members/{ID}",
    ]
    assert script.asked[0].get_json() == {"name": "The flat", "type": "family", "slug": "flat"}
    assert script.asked[1].get_json() == {"name": "Home"}
    assert script.asked[2].get_json() == {"email": "bob@mana.test", "role": "member"}
    assert script.asked[4].get_json() == {"role": "admin"}


@pytest.mark.parametrize("created", [{}, {"space": None}, {"space": {"id": "../x"}}])
def test_the_id_of_a_new_space_must_be_an_id(created: dict[str, object]) -> None:
    with speak(Script(answer(created, 201))) as session, pytest.raises(UnexpectedAnswer):
        SpaceClient(session).create("The flat", "family", "flat")


@pytest.mark.parametrize("created", [{}, {"invitation": {}}, {"invitation": {"id": "../x"}}])
def test_the_id_of_an_invitation_must_be_an_id(created: dict[str, object]) -> None:
    with speak(Script(answer(created, 201))) as session, pytest.raises(UnexpectedAnswer):
        SpaceClient(session).invite(ID, "bob@mana.test", "member")
