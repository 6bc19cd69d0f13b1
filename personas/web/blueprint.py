"""The blueprint of the pages: their paths, and the guard and form reader that run first."""

from typing import Any

from flask import Blueprint

from personas.web import links, pages
from personas.web.forms import read_form
from personas.web.guard import check_page, known_visitor

web = Blueprint("web", __name__, template_folder="templates")

web.before_request(check_page)
web.before_request(read_form)

for path, view in (
    ("/static/<path:name>", pages.static),
    ("/", pages.index),
    ("/me", pages.me),
    ("/docs", pages.docs),
    ("/login", pages.login),
    ("/forgot-password", links.forgot_password),
    ("/reset-password", links.reset_password),
    ("/verify-email", links.verify_email),
):
    web.add_url_rule(path, view_func=view, methods=["GET"])
for path, view in (
    ("/login", pages.submit_login),
    ("/logout", pages.submit_logout),
    ("/forgot-password", links.submit_forgot_password),
    ("/reset-password", links.submit_reset_password),
    ("/verify-email", links.submit_verify_email),
    ("/verify-email/new-link", links.submit_new_link),
):
    web.add_url_rule(path, view_func=view, methods=["POST"])


@web.app_context_processor  # for the whole application: error pages have no view
def _add_visitor() -> dict[str, Any]:
    """Pass the logged-in account, or None, to every template."""
    caller = known_visitor()
    return {"account": caller.user if caller else None}
