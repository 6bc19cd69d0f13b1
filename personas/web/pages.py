"""The pages to log in, log out and show an account; the page of the API; static files."""

from flask import Response, redirect, render_template, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse

from personas.auth import session
from personas.auth.cookie import delete_cookie, set_cookie
from personas.auth.guard import ACCOUNT, ANYONE, allow
from personas.auth.login import log_in
from personas.auth.schemas import Login
from personas.http.problems import Problem
from personas.web.forms import load, show
from personas.web.guard import known_visitor, next_path, visitor

MAX_AGE = 3600  # seconds that a browser may use a file without checking it again


@allow(ANYONE, needs_database=False)
def static(name: str) -> Response:
    """Send a file of `personas/web/static`, with an ETag."""
    response = send_from_directory("web/static", name, max_age=MAX_AGE)
    response.cache_control.public = True
    return response


@allow(ACCOUNT)
def index() -> str:
    return render_template("me.html")


@allow(ACCOUNT)
def me() -> str:
    return render_template("me.html")


@allow(ANYONE, needs_database=False)
def docs() -> str:
    """Swagger UI, which shows the OpenAPI document."""
    return render_template("docs.html")


@allow(ANYONE, needs_database=False)
def login() -> BaseResponse:
    if known_visitor():
        return redirect(_destination(), 303)
    return _login_page()


@allow(ANYONE)
def submit_login() -> BaseResponse:
    try:
        logged_in = log_in(**load(Login))
    except Problem as problem:
        return _login_page(problem)
    response = redirect(_destination(), 303)
    set_cookie(response, logged_in)
    return response


@allow(ACCOUNT)
def submit_logout() -> BaseResponse:
    caller = visitor()
    if caller:
        session.logout(caller.session_id)
    response = redirect(url_for("web.login"), 303)
    delete_cookie(response)
    return response


def _login_page(problem: Problem | None = None) -> Response:
    return show("login.html", problem, next=next_path())


def _destination() -> str:
    return next_path() or url_for("web.index")
