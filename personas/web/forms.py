"""Forms: read a form, load it with a schema of the API, show it again with its errors."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import marshmallow as ma
from flask import Response, g, make_response, render_template, request

from personas.http.body import WITHOUT_BODY, receive
from personas.http.fields import Schema
from personas.http.problems import Invalid, Malformed, Problem, UnsupportedMediaType
from personas.http.validation import messages_by_path

CONTENT_TYPE = "application/x-www-form-urlencoded"
LIMIT = 64 * 1024  # bytes
MAX_FIELDS = 100
EMPTY = {"token": "The link is missing."}  # other fields: "Fill in this field."


class NotAForm(UnsupportedMediaType):
    """The body must be a form, application/x-www-form-urlencoded."""


class BrokenForm(Malformed):
    """The form must be valid, in UTF-8, with at most 100 fields."""


def read_form() -> None:
    """Read the form of the current request once, before its view.

    Raises RequestEntityTooLarge, NotAForm, BrokenForm.
    """
    g.form = {}
    if request.method in WITHOUT_BODY:
        return
    raw = receive(LIMIT)
    if raw and request.mimetype != CONTENT_TYPE:
        raise NotAForm
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise BrokenForm from None
    g.form = dict(pairs)


def field(name: str) -> str:
    """Return the value of a field of the current form; "" if it is missing."""
    value: str = g.form.get(name, "")
    return value


def load(schema: type[Schema], **replaced: str) -> dict[str, Any]:
    """Load the current form with a schema of the API; `replaced` overrides values of the form.
    Unknown fields are ignored. Raises Invalid.
    """
    sent = {name: value for name, value in (g.form | replaced).items() if value}
    try:
        loaded: dict[str, Any] = schema(unknown=ma.EXCLUDE).load(sent)
    except ma.ValidationError as error:
        by_path = messages_by_path(error)
        raise Invalid({name: _messages(name, sent, by_path[name]) for name in by_path}) from None
    return loaded


def _messages(name: str, sent: Mapping[str, str], messages: list[str]) -> list[str]:
    return messages if name in sent else [EMPTY.get(name, "Fill in this field.")]


def show(template: str, problem: Problem | None = None, **context: object) -> Response:
    """Render the page of a form. After a problem, it shows the errors and the values that were
    sent, but never a password."""
    values = {name: value for name, value in g.get("form", {}).items() if name != "password"}
    errors = problem.errors if problem else {}
    message = problem.detail if problem and not errors else None
    page = render_template(template, values=values, errors=errors, message=message, **context)
    response = make_response(page)
    if problem:
        response.status_code = problem.status
        response.headers.update(problem.headers)
    return response
