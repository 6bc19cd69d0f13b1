"""The client of the service: what it sends, and what it makes of the answers."""

import pytest
from werkzeug import Response

from personas.client import PersonaRow, ProblemError, PutAnswer, SpaceRow, UnexpectedAnswer
from tests.server import Script, answer, problem, speak

ID = "01900000-0000-7000-8000-000000000000"
PUT = {"ok": True, "userId": ID, "email": "bob@mana.test", "created": True, "changed": []}
NOBODY: dict[str, object] = {"personas": [], "nextCursor": None}
SESSION = {"accessToken": "second", "refreshToken": "next"}


def test_it_puts_a_persona() -> None:
    script = Script(answer(PUT))
    with speak(script, token="secret") as client:
        put = client.put_persona({"email": "bob@mana.test"}, dry_run=True)

    assert put == PutAnswer(ID, "bob@mana.test", created=True, changed=())
    assert script.asked[0].full_path == "/api/v1/admin/personas?dryRun=true"
    assert script.asked[0].headers["Authorization"] == "Bearer secret"
    assert script.asked[0].get_json() == {"email": "bob@mana.test"}


def test_it_lists_and_deletes() -> None:
    row = {"userId": ID, "email": "bob@mana.test", "name": "Bob"}
    script = Script(answer({"personas": [row], "nextCursor": None}), answer({"deleted": ID}))
    with speak(script, token="secret") as client:
        rows = client.personas()
        client.delete_persona(rows[0].user_id)

    assert rows == [PersonaRow(ID, "bob@mana.test")]
    assert [request.method for request in script.asked] == ["GET", "DELETE"]
    assert script.asked[1].path == f"/api/v1/admin/personas/{ID}"


def test_a_service_may_be_mounted_below_a_path() -> None:
    script = Script(answer(NOBODY))
    with speak(script, below="/tools/personas/") as client:
        client.personas(limit=1)

    assert script.asked[0].full_path == "/tools/personas/api/v1/admin/personas?limit=1"


@pytest.mark.parametrize(
    "other",
    [
        Response("<h1>It works!</h1>", 200, content_type="text/html"),
        Response("<h1>Not found</h1>", 404, content_type="text/html"),
        Response("<h1>Bad gateway</h1>", 502, content_type="text/html"),
        Response(b"\xff\xfe", 200, content_type="application/json; charset=nonsense"),
        Response("[" * 100_000, 200, content_type="application/json"),
        answer([]),
        answer(None),
        answer({}),
        answer({"personas": {}, "nextCursor": None}),
        answer({"personas": [{"id": 1}], "nextCursor": None}),
        answer({"personas": [{"userId": "../users", "email": "a@b"}], "nextCursor": None}),
        answer({"personas": [{"userId": ID, "email": "a\ud800@b"}], "nextCursor": None}),
        answer({"error": "not found"}, 404),
        answer({"title": "T", "status": 200, "detail": "D"}, 404),
        answer({}, 301, location="http://localhost/elsewhere"),
    ],
)
def test_another_make_is_told_apart(other: Response) -> None:
    with (
        speak(Script(other), token="secret") as client,
        pytest.raises(UnexpectedAnswer, match="does not answer like a personas service"),
    ):
        client.personas()


@pytest.mark.parametrize(
    "change", [{"userId": 1}, {"created": "no"}, {"changed": [1]}, {"changed": "name"}]
)
def test_the_answer_to_a_put_has_its_types(change: dict[str, object]) -> None:
    with speak(Script(answer(PUT | change))) as client, pytest.raises(UnexpectedAnswer):
        client.put_persona({})


def test_an_expired_token_is_refreshed_once() -> None:
    script = Script(problem(401), answer(SESSION), answer(NOBODY))
    with speak(script, token="first", refresh_token="spare") as client:
        assert client.personas() == []

    shown = [request.headers.get("Authorization") for request in script.asked]
    assert shown == ["Bearer first", None, "Bearer second"]
    assert script.asked[1].get_json() == {"refreshToken": "spare"}


def test_without_a_refresh_token_a_401_is_a_401() -> None:
    script = Script(problem(401))
    with speak(script, token="first") as client, pytest.raises(ProblemError):
        client.personas()

    assert len(script.asked) == 1


def test_a_session_that_has_ended_is_not_tried_for_ever() -> None:
    script = Script(problem(401))
    with (
        speak(script, token="first", refresh_token="spare") as client,
        pytest.raises(ProblemError) as raised,
    ):
        client.personas()

    assert raised.value.status == 401
    assert len(script.asked) == 2


def test_a_login_gives_both_tokens() -> None:
    script = Script(answer(SESSION), answer(SESSION), answer(NOBODY), answer({"accessToken": 1}))
    with speak(script) as client:
        client.login("ann@example.org", "a long enough password")
        client.refresh()
        client.personas()
        with pytest.raises(UnexpectedAnswer):
            client.refresh()

    assert script.asked[0].path == "/api/v1/auth/login"
    assert script.asked[1].get_json() == {"refreshToken": "next"}
    assert script.asked[2].headers["Authorization"] == "Bearer second"


def test_a_token_is_in_no_message() -> None:
    echo = Script(problem(403, "No, secret-token!"))
    with speak(echo, token="secret-token") as client, pytest.raises(ProblemError) as raised:
        client.personas()

    assert "secret-token" not in f"{raised.value!r}{raised.value}{client!r}"


def test_what_was_not_deleted_is_told() -> None:
    with speak(Script(answer({"deleted": "another"}))) as client, pytest.raises(UnexpectedAnswer):
        client.delete_persona(ID)


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
