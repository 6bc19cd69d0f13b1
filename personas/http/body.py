"""The one strict reader of request bodies, and the parser that hands them to the schemas."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from math import isfinite
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request, current_app, g, request
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from personas.http.problems import Invalid, Malformed, Problem, UnsupportedMediaType

LIMIT = 1024 * 1024  # bytes
RUNNER_PREFIX, RUNNER_LIMIT = "/api/v1/internal/", 8 * LIMIT
MAX_DEPTH = 32
MAX_VALUES = 20_000  # more than any body needs; marshmallow names each unknown key, which is slow
MOST_MARKS = 2 * MAX_VALUES
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# to its end, or where it has none to that of the body: every byte is looked at once
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
NESTING = frozenset((dict, list))
WITHOUT_BODY = {"GET", "HEAD", "DELETE", "OPTIONS"}


class TooDeep(Malformed):
    """The body is nested more than 32 levels deep."""


class TooManyValues(Problem):
    """The body holds more than 20,000 values."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY  # well-formed, but more than anything here takes


def parse(raw: bytes) -> dict[str, Any]:
    """Read one JSON object (RFC 8259), more strictly than the standard library does.

    Raises Malformed for what is not UTF-8 or JSON, NaN and numbers beyond a double, a doubled
    key, more than 32 levels, and any other top level than an object; TooManyValues.
    """
    if len(raw) > LIMIT and _marks(raw) > MOST_MARKS:
        _refuse_millions(STRING.sub(b"", raw))
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Malformed
    _check_size(value)
    return value


def _marks(raw: bytes) -> int:
    """What comes before a value; an empty object or array has two."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _refuse_millions(marks: bytes) -> None:
    """Before they are made, which would take seconds and hundreds of megabytes. `marks` is a body
    without its strings."""
    if _marks(marks) <= MOST_MARKS:
        return
    depth = 0
    for mark in marks.translate(None, NO_BRACKETS)[:MOST_MARKS]:
        depth += 1 if mark in b"[{" else -1
        if depth > MAX_DEPTH:
            raise TooDeep
    raise TooManyValues


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("The body names a key twice in one object.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise Malformed("The body holds a number that is too large.")
    return value


def _check_size(value: object) -> None:
    level: list[Any] = [value]  # the objects and arrays of one depth
    values = 0
    for _ in range(MAX_DEPTH):
        values += sum(map(len, level))
        if values > MAX_VALUES:
            raise TooManyValues
        inside = [item.values() if isinstance(item, dict) else item for item in level]
        level = [
            child
            for children in inside
            if not NESTING.isdisjoint(map(type, children))  # most hold no other, and it is quick
            for child in children
            if type(child) in NESTING
        ]
        if not level:
            return
    raise TooDeep


def read_body() -> None:
    """Read the body of the request at work once, before any schema sees it.

    GET, HEAD and DELETE have none. Where the view takes no body, none or `{}` is right.
    """
    if request.method in WITHOUT_BODY:
        return
    limit = RUNNER_LIMIT if request.path.startswith(RUNNER_PREFIX) else LIMIT
    raw = receive(limit)
    takes_body = getattr(_view(), "takes_body", False)
    if not raw and not takes_body:
        return
    if request.mimetype != "application/json" or not _is_utf8(request):
        raise UnsupportedMediaType
    g.body = parse(raw)
    if not takes_body and g.body:
        raise Invalid({key: ["Unknown field."] for key in g.body})


def receive(limit: int) -> bytes:
    """The body of the current request. Raises RequestEntityTooLarge above `limit` bytes, Malformed
    for broken chunks, or for less than was announced."""
    # one more than the limit: a chunked body is cut there without a word
    request.max_content_length = limit + 1
    try:
        raw = request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception:  # every server's input stream has errors of its own
        raise Malformed("The body was not sent as HTTP says.") from None
    if request.content_length not in (None, len(raw)):
        raise Malformed("The body is shorter than was announced.")
    if len(raw) > limit:
        raise RequestEntityTooLarge
    return raw


def check_query() -> None:
    """Refuse query parameters that the view does not know or that come twice."""
    known: frozenset[str] = getattr(_view(), "query_names", frozenset())
    errors = {}
    for name, values in request.args.lists():
        if name not in known:
            errors[name] = ["Unknown field."]
        elif len(values) > 1:
            errors[name] = ["Given more than once."]
    if errors:
        raise Invalid(errors)


def _view() -> object:
    return current_app.view_functions[str(request.endpoint)]


def _is_utf8(req: Request) -> bool:
    return req.mimetype_params.get("charset", "utf-8").lower() in ("utf-8", "utf8")


class Parser(FlaskParser):
    """Gives the schemas what `read_body` read, and flattens what they say is wrong."""

    def _raw_load_json(self, req: Request) -> Any:  # noqa: ARG002  the signature is webargs'
        return g.body

    def handle_error(
        self, error: ma.ValidationError, *_args: object, **_kwargs: object
    ) -> NoReturn:
        raise Invalid(flat(error, drop=("json", "query")))


def flat(error: ma.ValidationError, *, drop: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The nested messages of marshmallow as `{"actions.3.latencyMs": [message, …]}`.

    `drop` names top levels that are not part of a field's path.
    """
    found: dict[str, list[str]] = {}

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for key, below in value.items():
                # marshmallow says "_schema" of an item as a whole; at the top it is a key sent
                is_whole = key == "_schema" and path
                walk(below, path if is_whole else (*path, str(key)))
        else:
            found.setdefault(".".join(path), []).extend(str(message) for message in value)

    messages: dict[Any, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]  # not ours
    for key, value in messages.items():
        walk(value, () if key in drop else (str(key),))
    return found


class Blueprint(SmorestBlueprint):
    """A blueprint whose views take their arguments through the strict reader."""

    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        schema = schema()  # once: a new one for each request would copy all its fields
        decorate = super().arguments(schema, location=location, **kwargs)

        def decorator(view: Any) -> Any:
            decorated = decorate(view)
            if location == "json":
                decorated.takes_body = True
            else:
                fields = schema.fields.items()
                decorated.query_names = frozenset(field.data_key or name for name, field in fields)
            return decorated

        return decorator
