"""The JSON Schema of our marshmallow shapes: for the API's document, and for the catalog's."""

from typing import Any

import marshmallow as ma
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

OPENAPI_VERSION = "3.1.0"  # its schemas are JSON Schema, draft 2020-12


class Shapes(MarshmallowPlugin):
    """apispec's translation of marshmallow, which also asks our own fields what they allow."""

    def init_spec(self, spec: APISpec) -> None:
        super().init_spec(spec)
        assert self.converter is not None  # noqa: S101  for the type checker: just made
        self.converter.add_attribute_function(_own_words)  # type: ignore[no-untyped-call]


def _own_words(
    _converter: OpenAPIConverter, field: ma.fields.Field[Any], ret: dict[str, Any]
) -> dict[str, Any]:
    if isinstance(field, ma.fields.Constant):
        del ret["default"]
        return {"const": field.constant}
    own: dict[str, Any] = getattr(field, "json_schema", {})
    return {**own, **{key: ret[key] for key in ("examples", "description") if key in ret}}


def example(schema: dict[str, Any], named: dict[str, dict[str, Any]]) -> Any:
    """An example of what `schema` allows, put together from those of its parts.

    `named` holds the schemas that a `$ref` may mean.
    """
    if "$ref" in schema:
        return example(named[schema["$ref"].rpartition("/")[2]], named)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            parts = schema.get("properties", {})
            return {key: example(part, named) for key, part in parts.items()}
        case "array":
            return [example(schema["items"], named)]
        case "boolean":
            return False
        case list(kinds) if "null" in kinds:
            return None
    raise ValueError(f"no example of {schema}")
