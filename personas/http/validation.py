"""Load values with a marshmallow schema, and report its errors by the path of each field."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from personas.http.problems import Invalid


def load(schema: ma.Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a schema makes of `values`. Raises Invalid."""
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ma.ValidationError as error:
        raise Invalid(flat(error)) from None
    return loaded


def flat(error: ma.ValidationError) -> dict[str, list[str]]:
    """The nested messages of marshmallow as `{"actions.3.latencyMs": [message, …]}`."""
    flattened: dict[str, list[str]] = {}

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for key, below in value.items():
                # marshmallow says "_schema" of an item as a whole; at the top it is a key sent
                is_whole = key == "_schema" and path
                walk(below, path if is_whole else (*path, str(key)))
        else:
            flattened.setdefault(".".join(path), []).extend(str(message) for message in value)

    walk(error.normalized_messages(), ())  # type: ignore[no-untyped-call]  # not ours
    return flattened
