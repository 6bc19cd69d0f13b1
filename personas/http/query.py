"""Query parameters: their fields, and the check that each is known and not repeated."""

import re
from typing import Any

import marshmallow as ma
from flask import request

from personas.http.fields import Cursor, Schema
from personas.http.problems import Invalid
from personas.http.view import current_operation


def check_query() -> None:
    """Raise Invalid for query parameters that the view does not declare or that are repeated."""
    known = current_operation().query_names
    errors = {}
    for name, values in request.args.lists():
        if name not in known:
            errors[name] = ["Unknown field."]
        elif len(values) > 1:
            errors[name] = ["Given more than once."]
    if errors:
        raise Invalid(errors)


class QueryInteger(ma.fields.Integer):
    """A whole number in a query: only digits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not re.fullmatch(r"[0-9]{1,9}", str(value), re.ASCII):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class QueryFlag(ma.fields.Boolean):
    """`true` or `false` in a query."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, **kwargs)


class Page(Schema):
    """The query of a paged list."""

    limit = QueryInteger(validate=ma.validate.Range(1, 1000))
    cursor = Cursor()
