"""The pages of mailed links: request a link, set a new password, confirm an e-mail address.

The token of a link comes after the `#`, so the server sees it only when the form is sent
(docs/decisions/0005).
"""

from urllib.parse import parse_qs

from flask import Response, render_template, url_for

from personas.auth import limit, link
from personas.auth.cookie import set_cookie
from personas.auth.guard import ACCOUNT, ANYONE, allow, is_trusted
from personas.auth.login import log_in
from personas.auth.schemas import Forgotten, Login, MailedToken, Reset
from personas.auth.session import Caller, LoggedIn
from personas.config.settings import Settings
from personas.http.problems import Problem
from personas.state import current
from personas.web.forms import field, load, show
from personas.web.guard import remember_visitor, visitor


class LoginWithToken(Login, MailedToken):
    """The form of /verify-email for a logged-out visitor."""


@allow(ANYONE, needs_database=False)
def forgot_password() -> Response:
    return show("forgot_password.html")


@allow(ANYONE)
def submit_forgot_password() -> Response:
    """Mail a link if the account exists; the answer does not reveal whether it does."""
    try:
        form = load(Forgotten)
        limit.count(limit.FORGOT, exempt=is_trusted())
    except Problem as problem:
        return show("forgot_password.html", problem)
    link.send_reset(**form)
    return _message(
        "Check your mailbox",
        "If there is an account with this address, a link is on its way.",
    )


@allow(ANYONE, needs_database=False)
def reset_password() -> Response:
    return _reset_page()


@allow(ANYONE)
def submit_reset_password() -> Response:
    try:
        form = load(Reset, token=_token())
        limit.count(limit.RESET, exempt=is_trusted())
        link.reset(**form)
    except Problem as problem:
        return _reset_page(problem)
    remember_visitor(None)  # all sessions of the account have ended
    return _message(
        "Your new password is set",
        "Your new password is set. Log in with it.",
        action=("Log in", url_for("web.login")),
    )


@allow(ANYONE, needs_database=False)
def verify_email() -> Response:
    return show("verify_email.html")


@allow(ANYONE)
def submit_verify_email() -> Response:
    """Confirm the address of the logged-in account; a logged-out visitor logs in with the same
    form."""
    caller, logged_in = visitor(), None
    try:
        form = load(MailedToken if caller else LoginWithToken, token=_token())
        if caller is None:
            logged_in = log_in(form["email"], form["password"])
            caller = Caller(logged_in.user, logged_in.session_id)
            remember_visitor(caller)
        user = link.verify(form["token"], user=caller.user)
    except Problem as problem:
        return _with_cookie(show("verify_email.html", problem), logged_in)
    remember_visitor(Caller(user, caller.session_id))
    page = _message(
        "Your e-mail address is confirmed",
        "Your e-mail address is confirmed.",
        action=("Go on", url_for("web.index")),
    )
    return _with_cookie(page, logged_in)


@allow(ACCOUNT)
def submit_new_link() -> Response:
    """Mail a new verification link to the logged-in account."""
    caller = visitor()
    if caller is None or caller.user.email_verified:
        return show("verify_email.html")
    try:
        limit.count(limit.FORGOT, exempt=is_trusted())
    except Problem as problem:
        return show("verify_email.html", problem)
    link.send_verification(caller.user)
    return _message("Check your mailbox", f"A new link is on its way to {caller.user.email}.")


def _reset_page(problem: Problem | None = None) -> Response:
    min_length = current(Settings).password_min_length
    return show("reset_password.html", problem, min_length=min_length)


def _message(heading: str, text: str, action: tuple[str, str] | None = None) -> Response:
    return Response(render_template("message.html", heading=heading, text=text, action=action))


def _with_cookie(response: Response, logged_in: LoggedIn | None) -> Response:
    if logged_in:
        set_cookie(response, logged_in)
    return response


def _token() -> str:
    """Return the token from the form, which may contain the whole link instead."""
    text = field("token").strip().strip("<>")
    _, separator, fragment = text.rpartition("#")
    return parse_qs(fragment).get("token", [""])[0] if separator else text
