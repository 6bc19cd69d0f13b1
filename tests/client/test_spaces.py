"""The client of the service, and spaces: what it reads, and whom it logs in for them."""

import pytest
from werkzeug import Response

from personas.client.client import SpaceRow, UnexpectedAnswer
from tests.server import Script, answer, speak

ID = "01900000-0000-7000-8000-000000000000"
SESSION = {"accessToken": "second", "refreshToken": "next"}
SPACE = {
    "id": ID,
    "name": "The flat",
    "slug": "flat",
    "type": "family",
    "members": [{"userId": ID, "email": "bob@mana.test", "role": "owner"}],
}


def test_it_reads_all_pages_of_spaces() -> None:
    script = Script(
        answer({"spaces": [SPACE], "nextCursor": ID}),
        answer({"spaces": [SPACE | {"slug": "other"}], "nextCursor": None}),
    )
    with speak(script, token="secret") as client:
        first, second = client.spaces("family", "f")

    members = {"bob@mana.test": (ID, "owner")}
    assert first == SpaceRow(ID, "The flat", "flat", "family", members)
    assert second.slug == "other"
    assert [request.full_path for request in script.asked] == [
        "/api/v1/admin/spaces?type=family&q=f&limit=1000",
        f"/api/v1/admin/spaces?type=family&q=f&limit=1000&cursor={ID}",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../users"},
        {"slug": "a\nb"},
        {"slug": None},
        {"type": "\x1b[2J"},
        {"members": {}},
        {"members": [None]},
        {"members": [{"userId": "1", "email": "bob@mana.test", "role": "owner"}]},
        {"members": [{"userId": ID, "email": "bob\n", "role": "owner"}]},
    ],
)
def test_the_rows_of_spaces_have_their_types(change: dict[str, object]) -> None:
    page = answer({"spaces": [SPACE | change], "nextCursor": None})
    with speak(Script(page)) as client, pytest.raises(UnexpectedAnswer):
        list(client.spaces("family"))


@pytest.mark.parametrize("page", [{}, {"spaces": {}, "nextCursor": None}, {"spaces": []}])
def test_what_is_no_list_of_spaces_is_told(page: dict[str, object]) -> None:
    with speak(Script(answer(page))) as client, pytest.raises(UnexpectedAnswer):
        list(client.spaces("family"))


def test_it_makes_a_space_and_fills_it() -> None:
    script = Script(
        answer({"space": {"id": ID}}, 201),
        answer({"space": {}}),
        answer({"invitation": {"id": ID}}, 201),
        answer({"space": {}}),
        answer({"member": {}}),
        Response(status=204),
        Response(status=204),
    )
    with speak(script, token="secret") as client:
        space_id = client.create_space("The flat", "family", "flat")
        client.rename_space(space_id, "Home")
        client.accept(client.invite(space_id, "bob@mana.test", "member"))
        client.change_role(space_id, ID, "admin")
        client.remove_member(space_id, ID)
        client.logout()

    assert [f"{request.method} {request.path}" for request in script.asked] == [
        "POST /api/v1/spaces",
        f"PATCH /api/v1/spaces/{ID}",
        f"POST /api/v1/spaces/{ID}/invitations",
        f"POST /api/v1/invitations/{ID}/accept",
        f"PATCH /api/v1/spaces/{ID}/members/{ID}",
        f"DELETE /api/v1/spaces/{ID}/members/{ID}",
        "POST /api/v1/auth/logout",
    ]
    assert script.asked[0].get_json() == {"name": "The flat", "type": "family", "slug": "flat"}
    assert script.asked[2].get_json() == {"email": "bob@mana.test", "role": "member"}


@pytest.mark.parametrize("made", [{}, {"space": None}, {"space": {"id": "../x"}}])
def test_an_id_that_was_made_is_fit_for_a_path(made: dict[str, object]) -> None:
    with speak(Script(answer(made, 201))) as client, pytest.raises(UnexpectedAnswer):
        client.create_space("The flat", "family", "flat")


def test_somebody_is_logged_in_beside_the_admin() -> None:
    cookie = answer(SESSION, set_cookie="personas_session=x; Path=/")
    script = Script(cookie, answer({"spaces": [], "nextCursor": None}))
    with speak(script, token="admin") as client:
        bob = client.session_of("bob@mana.test", "his password")
        list(client.spaces("family"))
        list(bob.spaces("family"))

    shown = [request.headers.get("Authorization") for request in script.asked]
    assert shown == ["Bearer admin", "Bearer admin", "Bearer second"]
    assert not any("Cookie" in request.headers for request in script.asked)


def test_it_reads_a_persona_and_an_account() -> None:
    rows: list[object] = [
        None,
        {"email": "bobby@mana.test"},
        {"email": "bob@mana.test", "name": "B"},
    ]
    script = Script(
        answer({"persona": {"userId": ID, "archetype": "x"}}),
        answer({"users": rows, "nextCursor": None}),
        answer({"users": [], "nextCursor": None}),
        answer({}),
    )
    with speak(script, token="secret") as client:
        assert client.persona(ID) == {"userId": ID, "archetype": "x"}
        assert client.account("bob@mana.test") == {"email": "bob@mana.test", "name": "B"}
        assert client.account("bob@mana.test") == {}
        with pytest.raises(UnexpectedAnswer):
            client.persona(ID)
