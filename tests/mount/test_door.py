"""The door in front of the host: what is ours, what is the host's, and where we are."""

import click
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import run_wsgi_app

from personas import Personas
from personas.config.settings import Settings
from personas.state import state_of
from tests.mount.conftest import CreateHost
from tests.people import PASSWORD


@pytest.mark.parametrize(
    "path",
    [
        "/personas/healthz",
        "/%70ersonas/healthz",
        "/personas%2Fhealthz",
        "/personas/readyz",
        "/personas/.well-known/jwks.json",
        "/personas/static/page.css",
        "/personas/reset-password",
        "/personas/docs",
    ],
)
def test_what_lies_below_the_prefix_is_ours(visitor: FlaskClient, path: str) -> None:
    with visitor.get(path) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/personas", "/personas/", "/personas/nowhere", "/personas//"])
def test_the_whole_prefix_is_ours(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)

    assert "the host" not in answer.text
    assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize(
    "path", ["/personasx", "/personas.txt", "/PERSONAS/healthz", "/x/personas"]
)
def test_what_only_looks_like_the_prefix_is_the_hosts(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).text.startswith("the host")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_every_method_passes(visitor: FlaskClient, method: str) -> None:
    answer = visitor.open("/personas/healthz", method=method)

    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("prefix", ["/id", "/api/people", "/~x", "/a.b/c-d_e"])
def test_the_prefix_is_the_hosts_choice(make_host: CreateHost, prefix: str) -> None:
    visitor = make_host(url_prefix=prefix).test_client()

    assert visitor.get(f"{prefix}/healthz").status_code == 200
    assert visitor.get("/personas/healthz").text == "the host has no such page"


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "/",
        "personas",
        "/personas/",
        "//personas",
        "/a//b",
        "/ä",
        "/a b",
        "/..",
        "/a/./b",
        "/%20",
    ],
)
def test_a_prefix_that_is_none_is_refused(prefix: str) -> None:
    host = Flask("host")

    with pytest.raises(ValueError, match="must be a path like /personas"):
        Personas(host, url_prefix=prefix)

    assert host.test_client().get("/personas/healthz").status_code == 404


def test_a_host_below_a_path_has_us_below_that(visitor: FlaskClient) -> None:
    document = visitor.get("/personas/openapi.json", environ_overrides={"SCRIPT_NAME": "/app"})

    assert document.get_json()["servers"] == [{"url": "/app/personas"}]


def test_who_stands_outside_of_the_host_sees_its_environ_unchanged(host: Flask) -> None:
    environ = host.test_request_context("/personas/healthz").request.environ
    before = (environ["SCRIPT_NAME"], environ["PATH_INFO"])

    run_wsgi_app(host.wsgi_app, environ)

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == before


def test_a_proxy_in_front_of_the_host_may_strip_and_name_a_prefix(host: Flask) -> None:
    host.wsgi_app = ProxyFix(host.wsgi_app, x_prefix=1)  # type: ignore[method-assign]

    answer = host.test_client().get(
        "/personas/openapi.json", headers={"X-Forwarded-Prefix": "/behind"}
    )

    assert answer.get_json()["servers"] == [{"url": "/behind/personas"}]


def test_the_cookie_is_good_for_the_whole_host(visitor: FlaskClient) -> None:
    answer = visitor.post(
        "/personas/api/v1/auth/register", json={"email": "ann@example.org", "password": PASSWORD}
    )

    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("personas_session=")
    assert "Path=/" in cookie.split("; ")
    assert visitor.get("/", headers={"Cookie": cookie.split(";")[0]}).text == "Hello, ann."


def test_two_hosts_of_one_process_share_nothing(
    make_host: CreateHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ann = {"email": "ann@example.org", "password": PASSWORD}
    one, two = (make_host(tmp_path_factory.mktemp("host")).test_client() for _ in range(2))

    registered = one.post("/personas/api/v1/auth/register", json=ann)
    token = {"Authorization": f"Bearer {registered.get_json()['token']}"}

    assert one.get("/members", headers=token).status_code == 200
    assert two.get("/members", headers=token).status_code == 401
    assert two.post("/personas/api/v1/auth/login", json=ann).status_code == 401


def test_one_extension_serves_several_hosts() -> None:
    personas = Personas(url_prefix="/id", environment="test", values={})
    hosts = [Flask("one"), Flask("two")]

    personas.init_app(hosts[0])
    personas.init_app(hosts[1])

    assert hosts[0].extensions["personas"] is not hosts[1].extensions["personas"]
    settings = [state_of(host.extensions["personas"])[Settings] for host in hosts]
    assert [each.prefix for each in settings] == ["/id", "/id"]


def test_a_host_holds_one_service(host: Flask) -> None:
    with pytest.raises(RuntimeError, match="already mounted in this application"):
        Personas(host, url_prefix="/again", environment="test", values={})

    assert host.test_client().get("/again/healthz").status_code == 404


def test_a_command_of_the_hosts_is_not_taken_away() -> None:
    app = Flask("shop")
    app.cli.add_command(click.Command("personas"))

    with pytest.raises(RuntimeError, match="already has a command `flask personas`"):
        Personas(app, environment="test", values={})

    assert "personas" not in app.extensions
