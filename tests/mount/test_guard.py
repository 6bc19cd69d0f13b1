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

Register = Callable[..., Account]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def test_current_account_is_a_plain_value(visitor: FlaskClient, register: Register) -> None:
    ann = register()

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


def test_current_account_is_immutable(host: Flask, register: Register) -> None:
    with host.test_request_context(headers=register().headers):
        account = current_account()
        assert account

        with pytest.raises(FrozenInstanceError):
            account.role = "admin"  # type: ignore[misc]


def test_an_anonymous_request_reaches_the_hosts_error_handler(visitor: FlaskClient) -> None:
    answer = visitor.get("/members")

    assert answer.status_code == 401
    assert answer.text == "the host says: Credentials are missing, invalid or expired."
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_access_token_takes_precedence_over_a_cookie(
    visitor: FlaskClient, register: Register
) -> None:
    ann, bob = register(), register("bob@example.org")
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
def test_a_cookie_authorizes_writes_only_from_the_same_origin(
    visitor: FlaskClient, register: Register, headers: dict[str, str], status: int
) -> None:
    ann = register()

    by_cookie = visitor.post("/members", headers={"Cookie": ann.cookie, **headers})
    by_bearer = visitor.post("/members", headers=ann.headers | headers)

    assert (by_cookie.status_code, by_bearer.status_code) == (status, 200)


def test_a_required_tier_admits_that_tier_and_above(
    visitor: FlaskClient, register: Register
) -> None:
    accounts = [register(f"{tier}@example.org", Stamp(access_tier=tier)) for tier in TIERS]

    answers = [visitor.get("/beta", headers=account.headers) for account in accounts]

    assert [answer.status_code for answer in answers] == [403, 403, 200, 200, 200]
    assert answers[0].text == "the host says: This requires the tier beta or higher."


def test_a_required_role_admits_only_that_role(visitor: FlaskClient, register: Register) -> None:
    ann, admin = register(), register("admin@example.org", ADMIN)

    refused, allowed = (visitor.get("/staff", headers=account.headers) for account in (ann, admin))

    assert (refused.status_code, allowed.status_code) == (403, 200)
    assert refused.text == "the host says: This requires the role admin."


def test_role_and_tier_are_both_required(visitor: FlaskClient, register: Register) -> None:
    accounts = [
        register("admin@example.org", ADMIN),
        register("anna@mana.test", PERSONA),
        register("both@example.org", Stamp(role="admin", access_tier="founder")),
    ]

    answers = [visitor.get("/both", headers=account.headers) for account in accounts]

    assert [answer.status_code for answer in answers] == [403, 403, 200]


def test_protected_views_answer_401_without_credentials(visitor: FlaskClient) -> None:
    paths = ["/beta", "/staff", "/both", "/later"]

    assert [visitor.get(path).status_code for path in paths] == [401] * len(paths)


@pytest.mark.parametrize(
    "option", [{"role": "boss"}, {"tier": "gold"}, {"tier": ""}, {"role": "Admin"}]
)
def test_an_unknown_role_or_tier_is_refused_by_the_decorator(option: dict[str, str]) -> None:
    [(name, word)] = option.items()

    with pytest.raises(ValueError, match=f"{name}='{word}' is unknown; use one of .*user|guest"):
        requires(**option)


def test_requires_without_parentheses_explains_the_mistake() -> None:
    with pytest.raises(TypeError, match=r"with parentheses: @requires\(role=…, tier=…\)"):
        requires(print)  # type: ignore[arg-type]


def test_a_demotion_and_a_logout_apply_to_the_next_request(
    host: Flask, visitor: FlaskClient, register: Register
) -> None:
    bob = register("bob@example.org", Stamp(access_tier="beta"))
    before = visitor.get("/beta", headers=bob.headers)
    with host.extensions["personas"].app_context():
        users.update(bob.id, {"access_tier": "public"}, actor=CLI)
    demoted = visitor.get("/beta", headers=bob.headers)
    with host.extensions["personas"].app_context(), write():
        end_sessions(bob.id)
    logged_out = visitor.get("/beta", headers=bob.headers)

    assert [answer.status_code for answer in (before, demoted, logged_out)] == [200, 403, 401]


def test_an_expired_token_is_refused(
    stopped_clock: Clock, visitor: FlaskClient, register: Register
) -> None:
    ann = register()

    stopped_clock.move(minutes=16)

    assert visitor.get("/members", headers=ann.headers).status_code == 401
    assert visitor.get("/members", headers={"Cookie": ann.cookie}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Cookie": "personas_session=x"}], ids=str
)
def test_a_public_view_has_no_account_without_valid_credentials(
    visitor: FlaskClient, headers: dict[str, str]
) -> None:
    answer = visitor.get("/", headers=headers)

    assert (answer.status_code, answer.text) == (200, "Hello, stranger.")


def test_a_public_view_knows_the_logged_in_account(
    visitor: FlaskClient, register: Register
) -> None:
    assert visitor.get("/", headers={"Cookie": register().cookie}).text == "Hello, ann."


def test_requests_within_one_context_do_not_share_an_account(
    host: Flask, register: Register
) -> None:
    ann, visitor = register(), host.test_client(use_cookies=False)

    with host.app_context():  # Flask reuses it, with its `g`, for every request inside
        texts = [visitor.get("/", headers=headers).text for headers in (ann.headers, {})]

    assert texts == ["Hello, ann.", "Hello, stranger."]


def test_async_views_are_protected_too(visitor: FlaskClient, register: Register) -> None:
    assert visitor.get("/later", headers=register().headers).text == "later, ann"


def test_a_decorated_view_keeps_its_name_and_docstring() -> None:
    def page() -> str:
        """A page."""
        return ""

    for decorated in (login_required(page), requires(tier="beta")(page)):
        assert (decorated.__name__, decorated.__doc__) == ("page", "A page.")


def test_without_a_mounted_service_the_error_is_clear() -> None:
    with (
        Flask("host").test_request_context(),
        pytest.raises(RuntimeError, match="personas is not mounted in this application"),
    ):
        current_account()


def test_without_the_database_the_host_answers_503(make_host: CreateHost, tmp_path: object) -> None:
    host = make_host(values={"PERSONAS_DATABASE_URL": f"sqlite:///{tmp_path}"})  # a folder
    visitor = host.test_client(use_cookies=False)

    answer = visitor.get("/members")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.text.startswith("the host says: The service is temporarily unavailable.")
    assert visitor.get("/personasx").status_code == 200
