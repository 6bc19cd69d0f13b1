"""What people see in a browser: who they are, a login, the pages that mailed links lead to."""

from flask import Blueprint, Response, render_template, send_from_directory

from personas.auth.guard import ANYONE, BROWSER, allow, caller

FRESH = 3600  # seconds that a browser may keep a file before it asks whether it has changed

# Flask's own blueprint: what it serves is for browsers, and not in the API's document
pages = Blueprint("pages", __name__, template_folder="templates")


@pages.get("/static/<path:name>")
@allow(ANYONE, needs_database=False)
def static(name: str) -> Response:
    """A file of `personas/web/static`; the service's own, with an ETag."""
    response = send_from_directory("web/static", name, max_age=FRESH)
    response.cache_control.public = True
    return response


@pages.get("/")
@pages.get("/me")
@allow(BROWSER)
def me() -> str:
    return render_template("me.html", user=caller().user)


@pages.get("/login")
@allow(ANYONE, needs_database=False)
def login() -> str:
    return render_template("login.html")


@pages.get("/verify-email")
@allow(ANYONE, needs_database=False)
def verify_email() -> str:
    return render_template("verify_email.html")


@pages.get("/reset-password")
@allow(ANYONE, needs_database=False)
def reset_password() -> str:
    return render_template("reset_password.html")
