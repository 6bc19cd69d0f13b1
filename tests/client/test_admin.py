"""The admin's client: what it sends, and which answers it accepts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug import Response

from personas.client.admin import AdminClient
from personas.client.answers import Member, PersonaRow, PutAnswer, SpaceRow
from personas.client.errors import ProblemError, UnexpectedAnswer
from tests.client.test_accounts import ID, USER
from tests.server import Script, answer, problem, speak

PUT = {"ok": True, "userId": ID, "email": "bob@mana.test", "created": True, "changed": []}
ROW = {"userId": ID, "email": "bob@mana.test", "name": "Bob"}
EMPTY: dict[str, object] = {"personas": [], "nextCursor": None}
PERSONA = {
    **ROW,
    "archetype": "solo-dev",
    "systemPrompt": "You are Bob.\nYou code.",
    "moduleMix": {"todo": 1, "notes": 0.5},
    "tickCadence": "daily",
}
SPACE = {
    "id": ID,
    "name": "The flat",
    "slug": "flat",
    "type": "family",
    "members": [{"userId": ID, "email": "bob@mana.test", "role": "owner"}],
}


@contextmanager
def admin(script: Script, **options: Any) -> Iterator[AdminClient]:
    with speak(script, token="secret", **options) as session:
        yield AdminClient(session)


def test_a_persona_is_put() -> None:
    script = Script(answer(PUT))
    with admin(script) as client:
        put = client.put_persona({"email": "bob@mana.test"}, dry_run=True)

    assert put == PutAnswer(user_id=ID, email="bob@mana.test", created=True, changed=())
    assert script.asked[0].full_path == "/api/v1/admin/personas?dryRun=true"
    assert script.asked[0].headers["Authorization"] == "Bearer secret"
    assert script.asked[0].get_json() == {"email": "bob@mana.test"}


def test_personas_are_listed_and_deleted() -> None:
    script = Script(answer({"personas": [ROW], "nextCursor": None}), answer({"deleted": ID}))
    with admin(script) as client:
        rows = client.personas()
        client.delete_persona(rows[0].user_id)

    assert rows == [PersonaRow(user_id=ID, email="bob@mana.test")]
    assert [request.method for request in script.asked] == ["GET", "DELETE"]
    assert script.asked[1].path == f"/api/v1/admin/personas/{ID}"


def test_a_service_may_be_mounted_below_a_path() -> None:
    script = Script(answer(EMPTY))
    with admin(script, below="/tools/personas/") as client:
        client.personas(limit=1)

    assert script.asked[0].full_path == "/tools/personas/api/v1/admin/personas?limit=1"


@pytest.mark.parametrize(
    "other",
    [
        Response("<h1>It works!</h1>", 200, content_type="text/html"),
        Response("<h1>Not found</h1>", 404, content_type="text/html"),
        Response("<h1>Bad gateway</h1>", 502, content_type="text/html"),
        Response(b"\xff\xfe", 200, content_type="application/json; charset=nonsense"),
        Response(b"+2AA-", 200, content_type="application/json; charset=utf-7"),
        Response("[" * 100_000, 200, content_type="application/json"),
        Response('{"a":' + "[" * 100_000, 200, content_type="application/json"),
        answer([]),
        answer(None),
        answer({}),
        answer({"personas": []}),
        answer({"personas": {}, "nextCursor": None}),
        answer({"personas": [{"id": 1}], "nextCursor": None}),
        answer({"personas": [{"userId": "../users", "email": "a@b"}], "nextCursor": None}),
        answer({"personas": [{"userId": ID, "email": "a\ud800@b"}], "nextCursor": None}),
        answer({"error": "not found"}, 404),
        answer({"title": "T", "status": 200, "detail": "D"}, 404),
        answer({}, 301, location="http://localhost/elsewhere"),
    ],
)
def test_another_kind_of_service_is_reported(other: Response) -> None:
    with (
        admin(Script(other)) as client,
        pytest.raises(UnexpectedAnswer, match="does not answer like a personas service") as raised,
    ):
        client.personas()

    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "change",
    [
        {"userId": 1},
        {"userId": "../users"},
        {"userId": f"{ID}\n"},
        {"email": "a\ud800@b"},
        {"email": "a\x1b[2J@b"},
        {"created": "no"},
        {"changed": [1]},
        {"changed": ["a\nb"]},
        {"changed": "name"},
    ],
)
def test_a_put_answer_of_another_shape_is_unexpected(change: dict[str, object]) -> None:
    with admin(Script(answer(PUT | change))) as client, pytest.raises(UnexpectedAnswer):
        client.put_persona({})


def test_a_persona_is_read_with_its_description() -> None:
    script = Script(answer({"persona": PERSONA, "recentActions": []}), answer({}))
    with admin(script) as client:
        bob = client.persona(ID)
        with pytest.raises(UnexpectedAnswer):
            client.persona(ID)

    assert (bob.user_id, bob.name, bob.archetype) == (ID, "Bob", "solo-dev")
    assert bob.module_mix == {"todo": 1, "notes": 0.5}
    assert script.asked[0].path == f"/api/v1/admin/personas/{ID}"


def test_an_account_is_looked_up_by_its_whole_email() -> None:
    bobby = USER | {"email": "bobby@mana.test"}
    script = Script(
        answer({"users": [bobby, USER], "nextCursor": None}),
        answer({"users": [bobby], "nextCursor": None}),
    )
    with admin(script) as client:
        bob, nobody = (client.account("bob@mana.test") for _ in range(2))

    assert bob is not None
    assert (bob.email, bob.access_tier) == ("bob@mana.test", "founder")
    assert nobody is None
    assert script.asked[0].args.to_dict() == {"kind": "all", "q": "bob@mana.test", "limit": "1000"}


def test_a_persona_that_is_gone_already_counts_as_deleted() -> None:
    with admin(Script(problem(404), problem(409))) as client:
        client.delete_persona(ID)
        with pytest.raises(ProblemError):
            client.delete_persona(ID)


def test_an_answer_about_another_deleted_persona_is_unexpected() -> None:
    with admin(Script(answer({"deleted": "another"}))) as client, pytest.raises(UnexpectedAnswer):
        client.delete_persona(ID)


def test_all_pages_of_spaces_are_read() -> None:
    script = Script(
        answer({"spaces": [SPACE], "nextCursor": ID}),
        answer({"spaces": [SPACE | {"slug": "other"}], "nextCursor": None}),
    )
    with admin(script) as client:
        first, second = client.spaces("family", "f")

    bob = Member(user_id=ID, email="bob@mana.test", role="owner")
    assert first == SpaceRow(id=ID, name="The flat", slug="flat", type="family", members=(bob,))
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
def test_a_space_of_another_shape_is_unexpected(change: dict[str, object]) -> None:
    page = answer({"spaces": [SPACE | change], "nextCursor": None})
    with admin(Script(page)) as client, pytest.raises(UnexpectedAnswer):
        list(client.spaces("family"))


@pytest.mark.parametrize("page", [{}, {"spaces": {}, "nextCursor": None}, {"spaces": []}])
def test_a_list_of_spaces_of_another_shape_is_unexpected(page: dict[str, object]) -> None:
    with admin(Script(answer(page))) as client, pytest.raises(UnexpectedAnswer):
        list(client.spaces("family"))


@pytest.mark.parametrize("rows", [[], [USER | {"email": "eve@mana.test"}]])
def test_a_list_without_an_end_is_refused(rows: list[object]) -> None:
    script = Script(answer({"users": rows, "nextCursor": "again"}))
    with admin(script) as client, pytest.raises(UnexpectedAnswer, match="end"):
        client.account("bob@mana.test")
