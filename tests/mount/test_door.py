"""The prefix: which paths belong to the service, and which to the host."""

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
def test_paths_below_the_prefix_belong_to_the_service(visitor: FlaskClient, path: str) -> None:
    with visitor.get(path) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/personas", "/personas/", "/personas/nowhere", "/personas//"])
def test_the_whole_prefix_belongs_to_the_service(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)

    assert "the host" not in answer.text
    assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize(
    "path", ["/personasx", "/personas.txt", "/PERSONAS/healthz", "/x/personas"]
)
def test_similar_paths_belong_to_the_host(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).text.startswith("the host")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_reach_the_service(visitor: FlaskClient, method: str) -> None:
    answer = visitor.open("/personas/healthz", method=method)

    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize("prefix", ["/id", "/api/people", "/~x", "/a.b/c-d_e"])
def test_the_host_chooses_the_prefix(make_host: CreateHost, prefix: str) -> None:
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
def test_an_invalid_prefix_is_refused(prefix: str) -> None:
    host = Flask("host")

    with pytest.raises(ValueError, match="must be a path like /personas"):
        Personas(host, url_prefix=prefix)

    assert host.test_client().get("/personas/healthz").status_code == 404


def test_the_prefix_is_appended_to_the_hosts_script_name(visitor: FlaskClient) -> None:
    document = visitor.get("/personas/openapi.json", environ_overrides={"SCRIPT_NAME": "/app"})

    assert document.get_json()["servers"] == [{"url": "/app/personas"}]


def test_the_environ_of_the_caller_is_unchanged(host: Flask) -> None:
    environ = host.test_request_context("/personas/healthz").request.environ
    before = (environ["SCRIPT_NAME"], environ["PATH_INFO"])

    run_wsgi_app(host.wsgi_app, environ)

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == before


def test_a_proxy_may_strip_a_prefix_and_forward_it_in_a_header(host: Flask) -> None:
    host.wsgi_app = ProxyFix(host.wsgi_app, x_prefix=1)  # type: ignore[method-assign]

    answer = host.test_client().get(
        "/personas/openapi.json", headers={"X-Forwarded-Prefix": "/behind"}
    )

    assert answer.get_json()["servers"] == [{"url": "/behind/personas"}]


def test_the_session_cookie_is_valid_for_the_whole_host(visitor: FlaskClient) -> None:
    answer = visitor.post(
        "/personas/api/v1/auth/register", json={"email": "ann@example.org", "password": PASSWORD}
    )

    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("personas_session=")
    assert "Path=/" in cookie.split("; ")
    assert visitor.get("/", headers={"Cookie": cookie.split(";")[0]}).text == "Hello, ann."


def test_two_hosts_in_one_process_share_nothing(
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
    assert [loaded.prefix for loaded in settings] == ["/id", "/id"]


def test_a_host_mounts_the_service_only_once(host: Flask) -> None:
    with pytest.raises(RuntimeError, match="already mounted in this application"):
        Personas(host, url_prefix="/again", environment="test", values={})

    assert host.test_client().get("/again/healthz").status_code == 404


def test_a_command_of_the_host_is_not_replaced() -> None:
    app = Flask("shop")
    app.cli.add_command(click.Command("personas"))

    with pytest.raises(RuntimeError, match="already has a command `flask personas`"):
        Personas(app, environment="test", values={})

    assert "personas" not in app.extensions
