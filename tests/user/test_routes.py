"""How an admin lists and finds accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from personas.user.stamp import ADMIN, Stamp
from tests.people import Account

USERS = "/api/v1/admin/users"


@pytest.fixture
def list_users(client: FlaskClient, admin: Account) -> Callable[..., Any]:
    """The list as the admin gets it: `list_users(kind="all")`."""

    def list_users(**query: Any) -> Any:
        answer = client.get(USERS, headers=admin.headers, query_string=query)
        assert answer.status_code == 200
        return answer.get_json()

    return list_users


@pytest.fixture
def emails(list_users: Callable[..., Any]) -> Callable[..., list[str]]:
    """The local parts of the e-mails of a list, in its order."""

    def emails(**query: Any) -> list[str]:
        return [user["email"].partition("@")[0] for user in list_users(**query)["users"]]

    return emails


@pytest.fixture
def rename(client: FlaskClient, admin: Account) -> Callable[[Account, str], None]:
    def rename(account: Account, name: str) -> None:
        path = f"{USERS}/{account.id}"
        assert client.patch(path, json={"name": name}, headers=admin.headers).status_code == 200

    return rename


def test_list_shows_the_same_user_as_the_session(
    client: FlaskClient, list_users: Callable[..., Any], ann: Account
) -> None:
    own = client.get("/api/v1/auth/session", headers=ann.headers).get_json()["user"]

    page = list_users()

    assert list(page) == ["users", "nextCursor"]
    assert page["users"][0] == own
    assert list(page["users"][0]) == list(own)
    assert page["nextCursor"] is None


def test_default_list_contains_only_humans(
    emails: Callable[..., list[str]],
    create_user: Callable[..., Account],
    create_persona: Callable[..., Account],
) -> None:
    create_user("ann@example.org")
    create_persona("persona.bob@mana.test")
    create_user("robot@example.org", stamp=Stamp(kind="system", role="service"))

    assert emails() == emails(kind="human") == ["ann", "admin"]
    assert emails(kind="persona") == ["persona.bob"]
    assert emails(kind="system") == ["robot"]
    assert emails(kind="all") == ["robot", "persona.bob", "ann", "admin"]


def test_list_can_be_filtered_by_role(
    emails: Callable[..., list[str]], create_user: Callable[..., Account]
) -> None:
    create_user("ann@example.org")
    create_user("bob@example.org", stamp=ADMIN)
    create_user("robot@example.org", stamp=Stamp(kind="system", role="service"))

    assert emails(role="admin") == ["bob", "admin"]
    assert emails(role="user") == ["ann"]
    assert emails(role="service") == []
    assert emails(role="service", kind="all") == ["robot"]


@pytest.mark.parametrize(
    ("name", "matching", "not_matching"),
    [
        ("Jörg Müller", ["müller", "MÜLLER", "Müller", "jörg m", "ANN@", "ann", "R"], ["muller"]),
        ("Straße", ["STRASSE", "straße", "STRAẞE"], ["strase"]),
        ("ΣΊΣΥΦΟΣ", ["σίσυφος", "σίσυφοσ"], ["sisyphos"]),
        ("100% sure_thing", ["100%", "%", "_", "e_t", "% s"], ["1%0", "a_n@", "%%", "s_re"]),
        (r"back\slash", ["\\", "K\\S"], ["\\\\", "\\%"]),
        ("O'Hara; DROP TABLE", ["o'h", "; drop"], ["''", "%'"]),
    ],
)
def test_search_ignores_case_in_names_and_emails(
    emails: Callable[..., list[str]],
    rename: Callable[[Account, str], None],
    ann: Account,
    name: str,
    matching: list[str],
    not_matching: list[str],
) -> None:
    rename(ann, name)

    assert [q for q in matching if "ann" not in emails(q=q)] == []
    assert [q for q in not_matching if "ann" in emails(q=q)] == []


def test_search_respects_the_kind(
    emails: Callable[..., list[str]], create_persona: Callable[..., Account]
) -> None:
    create_persona("persona.bob@mana.test", name="Bob")

    assert emails(q="bob") == []
    assert emails(q="BOB", kind="all") == ["persona.bob"]


def test_pages_contain_each_account_once_newest_first(
    list_users: Callable[..., Any], create_user: Callable[..., Account]
) -> None:
    names = ["admin", *(f"user{n}" for n in range(7))]
    for name in names[1:]:
        create_user(f"{name}@example.org")

    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while not pages or cursor["cursor"]:
        page = list_users(limit=3, **cursor)
        pages.append([user["name"] for user in page["users"]])
        cursor = {"cursor": page["nextCursor"]}
        create_user(f"late{len(pages)}@example.org")  # new accounts do not shift the pages

    assert [name for page in pages for name in page] == names[::-1]
    assert [len(page) for page in pages] == [3, 3, 2]


def test_page_with_the_last_rows_has_no_next_cursor(
    list_users: Callable[..., Any], ann: Account
) -> None:
    page = list_users(limit=2)

    assert [user["email"] for user in page["users"]] == [ann.email, "admin@example.org"]
    assert page["nextCursor"] is None


def test_cursor_works_after_its_account_is_deleted(
    client: FlaskClient,
    list_users: Callable[..., Any],
    admin: Account,
    ann: Account,
    create_user: Callable[..., Account],
) -> None:
    create_user("bob@example.org")
    cursor = list_users(limit=2)["nextCursor"]

    client.delete(f"{USERS}/{ann.id}", headers=admin.headers)

    assert [user["id"] for user in list_users(limit=2, cursor=cursor)["users"]] == [admin.id]


@pytest.mark.parametrize("limit", ["1", "1000", "0100"])
def test_a_page_has_one_to_a_thousand_rows(list_users: Callable[..., Any], limit: str) -> None:
    assert len(list_users(limit=limit)["users"]) == 1


def test_invalid_query_value_is_named(client: FlaskClient, admin: Account) -> None:
    limits = ("0", "-1", "1001", "abc", "+5", " 5", "5.0", "1e2", "٥", "५", "", "9" * 5000)
    cursors = ("", "abc", "0" * 36, admin.id.upper(), f"{admin.id}0", admin.id[:-1], "%", "\0")
    invalid = [
        *(("limit", value) for value in limits),
        *(("cursor", value) for value in cursors),
        *(("kind", value) for value in ("", "robot", "Human", "ALL", "human,persona")),
        *(("role", value) for value in ("", "all", "Admin", "root")),
        *(("q", value) for value in ("", "x" * 201, "a\0b")),
    ]

    answers = [
        client.get(USERS, headers=admin.headers, query_string={name: value})
        for name, value in invalid
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert [list(answer.get_json()["errors"]) for answer in answers] == [[n] for n, _ in invalid]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_malformed_or_unknown_id_is_not_found(
    client: FlaskClient, admin: Account, ann: Account, method: str
) -> None:
    user_ids = [
        "00000000-0000-0000-0000-000000000000",
        "01890000-0000-7000-8000-000000000000",
        ann.id.upper(),
        ann.id.replace("-", ""),
        f"{ann.id}%00",
        f"{{{ann.id}}}",
        f"%20{ann.id}",
        "me",
        "1",
        "%ff",
        "🔑",
        "' OR 1=1 --",
        "x" * 3000,
    ]

    answers = [
        client.open(f"{USERS}/{user_id}", method=method, json={}, headers=admin.headers)
        for user_id in user_ids
    ]

    assert [answer.status_code for answer in answers] == [404] * len(user_ids)
    assert client.get("/api/v1/auth/session", headers=ann.headers).status_code == 200
