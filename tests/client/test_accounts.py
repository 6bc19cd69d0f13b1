"""The session of an account: how it starts, which tokens it sends, and how it ends."""

from datetime import UTC, datetime

import pytest
from werkzeug import Response

from personas.client.admin import AdminClient
from personas.client.errors import ProblemError, UnexpectedAnswer
from tests.server import Script, answer, problem, speak

ID = "01900000-0000-7000-8000-000000000000"
TOKENS = {"accessToken": "second", "refreshToken": "next"}
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
SESSION = {"user": USER, "spaces": list[object]()}


def sent_tokens(script: Script) -> list[str | None]:
    return [request.headers.get("Authorization") for request in script.asked]


def test_an_expired_token_is_refreshed_once() -> None:
    script = Script(problem(401), answer(TOKENS), answer(SESSION))
    with speak(script, token="first", refresh_token="spare") as session:
        assert session.me().name == "Bob"

    assert sent_tokens(script) == ["Bearer first", None, "Bearer second"]
    assert script.asked[1].get_json() == {"refreshToken": "spare"}


def test_without_a_refresh_token_a_401_is_final() -> None:
    script = Script(problem(401))
    with speak(script, token="first") as session, pytest.raises(ProblemError):
        session.me()

    assert len(script.asked) == 1


def test_a_refresh_token_is_sent_once_after_the_session_ended() -> None:
    script = Script(problem(401))
    with (
        speak(script, token="first", refresh_token="spare") as session,
        pytest.raises(ProblemError) as raised,
    ):
        session.me()

    assert raised.value.status == 401
    assert len(script.asked) == 2


def test_a_login_returns_both_tokens() -> None:
    script = Script(answer(TOKENS), answer(TOKENS), answer(SESSION), answer({"accessToken": 1}))
    with speak(script) as session:
        session.login("ann@example.org", "a long enough password")
        session.refresh()
        session.me()
        with pytest.raises(UnexpectedAnswer):
            session.refresh()

    assert script.asked[0].path == "/api/v1/auth/login"
    assert script.asked[0].get_json() == {
        "email": "ann@example.org",
        "password": "a long enough password",
    }
    assert script.asked[1].get_json() == {"refreshToken": "next"}
    assert script.asked[2].headers["Authorization"] == "Bearer second"


def test_a_session_shows_its_account() -> None:
    script = Script(answer({"user": USER | {"newer": 1}, "spaces": [], "newer": 1}))
    with speak(script, token="secret") as session:
        bob = session.me()

    assert bob.created_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert (bob.email, bob.kind, bob.access_tier) == ("bob@mana.test", "persona", "founder")
    assert script.asked[0].path == "/api/v1/auth/session"
    assert sent_tokens(script) == ["Bearer secret"]


@pytest.mark.parametrize(
    "user",
    [
        None,
        [],
        USER | {"role": 1},
        USER | {"emailVerified": 1},
        USER | {"createdAt": "now"},
        USER | {"createdAt": "2026-11-23T08:00:00"},
        USER | {"email": "bob\x1b[2J@mana.test"},
        USER | {"id": "../users"},
        USER | {"id": f"{ID}\n"},
        {"id": ID},
    ],
)
def test_an_account_of_another_shape_is_unexpected(user: object) -> None:
    with speak(Script(answer({"user": user}))) as session, pytest.raises(UnexpectedAnswer) as error:
        session.me()

    assert str(error.value).isprintable()


def test_a_logout_ends_the_session() -> None:
    script = Script(Response(status=204))
    with speak(script, token="secret") as session:
        session.logout()

    assert f"{script.asked[0].method} {script.asked[0].path}" == "POST /api/v1/auth/logout"
    assert sent_tokens(script) == ["Bearer secret"]


def test_a_bare_client_is_in_the_same_session() -> None:
    cookie = "personas_session=signed; Path=/"
    script = Script(answer(TOKENS, set_cookie=cookie), answer([]), answer(SESSION))
    with speak(script, below="/tools") as session:
        session.login("bob@mana.test", "a long enough password")
        with session.http() as http:
            assert http.get("/me").json() == []
        session.me()

    assert script.asked[1].path == "/tools/me"
    assert sent_tokens(script)[1:] == ["Bearer second"] * 2
    assert script.asked[1].cookies["personas_session"] == "signed"
    assert not script.asked[2].cookies


def test_a_second_login_does_not_replace_the_admin_s_session() -> None:
    login = answer(TOKENS, set_cookie="personas_session=x; Path=/")
    script = Script(login, answer(SESSION))
    with speak(script, token="admin") as session:
        bob = session.log_in_as("bob@mana.test", "his password")
        session.me()
        bob.me()

    assert sent_tokens(script) == ["Bearer admin", "Bearer admin", "Bearer second"]
    assert not any("Cookie" in request.headers for request in script.asked)


def test_sessions_over_one_connection_have_their_own_cookies() -> None:
    def login(cookie: str) -> Response:
        tokens = {"accessToken": f"for-{cookie}", "refreshToken": "next"}
        return answer(tokens, set_cookie=f"personas_session={cookie}; Path=/")

    with speak(Script(login("admins"), login("bobs"))) as session:
        session.login("admin@mana.test", "a long enough password")
        other = session.log_in_as("bob@mana.test", "a long enough password")
        with session.http() as admins, other.http() as bobs:
            cookies = [http.cookies["personas_session"] for http in (admins, bobs)]

    assert cookies == ["admins", "bobs"]


def test_no_message_contains_the_token() -> None:
    echo = Script(problem(403, "No, secret-token!"))
    with speak(echo, token="secret-token") as session, pytest.raises(ProblemError) as raised:
        AdminClient(session).personas()

    assert "secret-token" not in f"{raised.value!r}{raised.value}{session!r}"
