"""The client of the service: what it sends, and what it makes of the answers."""

from datetime import UTC, datetime

import pytest
from werkzeug import Response

from personas.client.client import PersonaRow, ProblemError, PutAnswer, UnexpectedAnswer
from tests.server import Script, answer, problem, speak

ID = "01900000-0000-7000-8000-000000000000"
PUT = {"ok": True, "userId": ID, "email": "bob@mana.test", "created": True, "changed": []}
NOBODY: dict[str, object] = {"personas": [], "nextCursor": None}
SESSION = {"accessToken": "second", "refreshToken": "next"}
USER = {
    "id": ID,
    "email": "bob@mana.test",
    "name": "Bob",
    "kind": "persona",
    "role": "user",
    "accessTier": "founder",
    "emailVerified": True,
    "createdAt": "2026-11-23T08:00:00Z",
    "updatedAt": "2026-11-23T09:30:00.5Z",
}


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
    "change",
    [
        {"userId": 1},
        {"userId": "../users"},
        {"email": "a\ud800@b"},
        {"created": "no"},
        {"changed": [1]},
        {"changed": "name"},
    ],
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


def test_it_says_whose_session_it_is() -> None:
    script = Script(answer({"user": USER, "spaces": []}))
    with speak(script, token="secret") as client:
        bob = client.me()

    assert bob.created_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert (bob.email, bob.kind, bob.access_tier) == ("bob@mana.test", "persona", "founder")
    assert script.asked[0].path == "/api/v1/auth/session"
    assert script.asked[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "user", [None, [], USER | {"role": 1}, USER | {"createdAt": "now"}, {"id": ID}]
)
def test_an_account_has_its_types(user: object) -> None:
    with speak(Script(answer({"user": user}))) as client, pytest.raises(UnexpectedAnswer):
        client.me()


def test_a_bare_client_is_in_the_same_session() -> None:
    cookie = "personas_session=signed; Path=/"
    script = Script(answer(SESSION, set_cookie=cookie), answer([]), answer({"user": USER}))
    with speak(script, below="/tools") as client:
        client.login("bob@mana.test", "a long enough password")
        with client.http() as http:
            assert http.get("/me").json() == []
        client.me()

    assert script.asked[1].path == "/tools/me"
    assert [request.headers["Authorization"] for request in script.asked[1:]] == [
        "Bearer second"
    ] * 2
    assert script.asked[1].cookies["personas_session"] == "signed"
    assert not script.asked[2].cookies


@pytest.mark.parametrize("rows", [[], [{"email": "eve@mana.test"}]])
def test_a_list_without_an_end_is_given_up(rows: list[object]) -> None:
    script = Script(answer({"users": rows, "nextCursor": "again"}))
    with speak(script, token="secret") as client, pytest.raises(UnexpectedAnswer, match="end"):
        client.account("bob@mana.test")


def test_each_client_of_a_connection_has_cookies_of_its_own() -> None:
    def session(cookie: str) -> Response:
        tokens = {"accessToken": f"for-{cookie}", "refreshToken": "next"}
        return answer(tokens, set_cookie=f"personas_session={cookie}; Path=/")

    with speak(Script(session("admins"), session("bobs"))) as client:
        client.login("admin@mana.test", "a long enough password")
        other = client.session_of("bob@mana.test", "a long enough password")
        with client.http() as admins, other.http() as bobs:
            shown = [http.cookies["personas_session"] for http in (admins, bobs)]

    assert shown == ["admins", "bobs"]
