"""Load values with a marshmallow schema, and report its errors by the path of each field."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from personas.http.problems import Invalid


def load(schema: ma.Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Load `values` with a schema. Raises Invalid."""
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ma.ValidationError as error:
        raise Invalid(messages_by_path(error)) from None
    return loaded


def messages_by_path(error: ma.ValidationError) -> dict[str, list[str]]:
    """Flatten the nested messages of marshmallow: `{"actions.3.latencyMs": [message, …]}`."""
    by_path: dict[str, list[str]] = {}

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for key, nested in value.items():
                # below the top, "_schema" is marshmallow's key for errors of the whole item;
                # at the top, it is a key that the client sent
                is_whole_item = key == "_schema" and path
                walk(nested, path if is_whole_item else (*path, str(key)))
        else:
            by_path.setdefault(".".join(path), []).extend(str(message) for message in value)

    walk(error.normalized_messages(), ())  # type: ignore[no-untyped-call]  # marshmallow has no types here
    return by_path
