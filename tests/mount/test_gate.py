"""The decorators on a host's views."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest
from flask import Flask
from flask.testing import FlaskClient

from personas import current_account, login_required, requires
from personas.audit.service import CLI
from personas.auth.session import end_sessions
from personas.database.session import write
from personas.user import service as users
from personas.user.stamp import ADMIN, PERSONA, TIERS, Stamp
from tests.mount.conftest import CreateHost
from tests.people import Account, Clock

Join = Callable[..., Account]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def test_the_view_gets_a_plain_value(visitor: FlaskClient, join: Join) -> None:
    ann = join()

    answer = visitor.get("/members", headers=ann.headers)

    assert answer.get_json() == {
        "id": ann.id,
        "email": "ann@example.org",
        "name": "ann",
        "kind": "human",
        "role": "user",
        "access_tier": "public",
        "email_verified": False,
    }


def test_the_value_does_not_change(host: Flask, join: Join) -> None:
    with host.test_request_context(headers=join().headers):
        account = current_account()
        assert account

        with pytest.raises(FrozenInstanceError):
            account.role = "admin"  # type: ignore[misc]


def test_who_is_not_logged_in_meets_the_hosts_own_error_handler(visitor: FlaskClient) -> None:
    answer = visitor.get("/members")

    assert answer.status_code == 401
    assert answer.text == "the host says: Credentials are missing, invalid or expired."
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_bearer_and_cookie_both_do_and_bearer_decides(visitor: FlaskClient, join: Join) -> None:
    ann, bob = join(), join("bob@example.org")
    cookie = {"Cookie": ann.cookie}

    by_cookie = visitor.get("/members", headers=cookie)
    by_both = visitor.get("/members", headers=cookie | bob.headers)
    by_a_bad_bearer = visitor.get("/members", headers=cookie | {"Authorization": "Bearer x"})

    assert by_cookie.get_json()["email"] == ann.email
    assert by_both.get_json()["email"] == bob.email
    assert by_a_bad_bearer.status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SAME_ORIGIN, 200),
        ({"Origin": "http://localhost:5000"}, 200),
        ({"Origin": "http://localhost:5000/personas"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({}, 403),
    ],
)
def test_a_cookie_acts_on_the_host_from_its_own_pages_alone(
    visitor: FlaskClient, join: Join, headers: dict[str, str], status: int
) -> None:
    ann = join()

    by_cookie = visitor.post("/members", headers={"Cookie": ann.cookie, **headers})
    by_bearer = visitor.post("/members", headers=ann.headers | headers)

    assert (by_cookie.status_code, by_bearer.status_code) == (status, 200)


def test_a_gate_opens_at_its_tier_and_above(visitor: FlaskClient, join: Join) -> None:
    people = [join(f"{tier}@example.org", Stamp(access_tier=tier)) for tier in TIERS]

    answers = [visitor.get("/beta", headers=each.headers) for each in people]

    assert [answer.status_code for answer in answers] == [403, 403, 200, 200, 200]
    assert answers[0].text == "the host says: This requires the tier beta or higher."


def test_a_role_is_that_role_exactly(visitor: FlaskClient, join: Join) -> None:
    ann, admin = join(), join("admin@example.org", ADMIN)

    refused, let_in = (visitor.get("/staff", headers=each.headers) for each in (ann, admin))

    assert (refused.status_code, let_in.status_code) == (403, 200)
    assert refused.text == "the host says: This requires the role admin."


def test_role_and_tier_are_both_needed(visitor: FlaskClient, join: Join) -> None:
    people = [
        join("admin@example.org", ADMIN),
        join("anna@mana.test", PERSONA),
        join("both@example.org", Stamp(role="admin", access_tier="founder")),
    ]

    answers = [visitor.get("/both", headers=each.headers) for each in people]

    assert [answer.status_code for answer in answers] == [403, 403, 200]


def test_nobody_is_asked_who_he_is_before_he_is_asked_in(visitor: FlaskClient) -> None:
    paths = ["/beta", "/staff", "/both", "/later"]

    assert [visitor.get(path).status_code for path in paths] == [401] * len(paths)


@pytest.mark.parametrize(
    "wrong", [{"role": "boss"}, {"tier": "gold"}, {"tier": ""}, {"role": "Admin"}]
)
def test_a_word_that_is_none_is_refused_where_it_is_written(wrong: dict[str, str]) -> None:
    [(name, word)] = wrong.items()

    with pytest.raises(ValueError, match=f"{name}='{word}' is unknown; use one of .*user|guest"):
        requires(**wrong)


def test_a_bare_decorator_is_told_how_it_is_written() -> None:
    with pytest.raises(TypeError, match=r"with parentheses: @requires\(role=…, tier=…\)"):
        requires(print)  # type: ignore[arg-type]


def test_a_demotion_and_a_logout_count_on_the_next_request(
    host: Flask, visitor: FlaskClient, join: Join
) -> None:
    bob = join("bob@example.org", Stamp(access_tier="beta"))
    before = visitor.get("/beta", headers=bob.headers)
    with host.extensions["personas"].app_context():
        users.update(bob.id, {"access_tier": "public"}, actor=CLI)
    demoted = visitor.get("/beta", headers=bob.headers)
    with host.extensions["personas"].app_context(), write():
        end_sessions(bob.id)
    ended = visitor.get("/beta", headers=bob.headers)

    assert [answer.status_code for answer in (before, demoted, ended)] == [200, 403, 401]


def test_an_expired_token_is_refused(
    stopped_clock: Clock, visitor: FlaskClient, join: Join
) -> None:
    ann = join()

    stopped_clock.move(minutes=16)

    assert visitor.get("/members", headers=ann.headers).status_code == 401
    assert visitor.get("/members", headers={"Cookie": ann.cookie}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Cookie": "personas_session=x"}], ids=str
)
def test_an_open_page_knows_nobody(visitor: FlaskClient, headers: dict[str, str]) -> None:
    answer = visitor.get("/", headers=headers)

    assert (answer.status_code, answer.text) == (200, "Hello, stranger.")


def test_an_open_page_knows_who_is_logged_in(visitor: FlaskClient, join: Join) -> None:
    assert visitor.get("/", headers={"Cookie": join().cookie}).text == "Hello, ann."


def test_requests_within_one_context_do_not_share_an_account(host: Flask, join: Join) -> None:
    ann, visitor = join(), host.test_client(use_cookies=False)

    with host.app_context():  # Flask lends it, `g` and all, to every request inside
        said = [visitor.get("/", headers=headers).text for headers in (ann.headers, {})]

    assert said == ["Hello, ann.", "Hello, stranger."]


def test_async_views_are_guarded_too(visitor: FlaskClient, join: Join) -> None:
    assert visitor.get("/later", headers=join().headers).text == "later, ann"


def test_a_decorated_view_keeps_its_name_and_words() -> None:
    def page() -> str:
        """A page."""
        return ""

    for decorated in (login_required(page), requires(tier="beta")(page)):
        assert (decorated.__name__, decorated.__doc__) == ("page", "A page.")


def test_without_the_service_the_mistake_is_named() -> None:
    with (
        Flask("host").test_request_context(),
        pytest.raises(RuntimeError, match="personas is not mounted in this application"),
    ):
        current_account()


def test_without_the_database_the_host_can_say_so(make_host: CreateHost, tmp_path: object) -> None:
    host = make_host(values={"PERSONAS_DATABASE_URL": f"sqlite:///{tmp_path}"})  # a folder
    visitor = host.test_client(use_cookies=False)

    answer = visitor.get("/members")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.text.startswith("the host says: The service is temporarily unavailable.")
    assert visitor.get("/personasx").status_code == 200
