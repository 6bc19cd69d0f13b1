"""The JSON Schema of our marshmallow schemas, for the OpenAPI document and for the catalog."""

from typing import Any

import marshmallow as ma
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

OPENAPI_VERSION = "3.1.0"  # its schemas are JSON Schema, draft 2020-12


class SchemaPlugin(MarshmallowPlugin):
    """apispec's marshmallow plugin; it also reads the `json_schema` of our own fields."""

    def init_spec(self, spec: APISpec) -> None:
        super().init_spec(spec)
        assert self.converter is not None  # noqa: S101  for the type checker: it was set just now
        self.converter.add_attribute_function(_field_schema)  # type: ignore[no-untyped-call]


def _field_schema(
    _converter: OpenAPIConverter, field: ma.fields.Field[Any], ret: dict[str, Any]
) -> dict[str, Any]:
    if isinstance(field, ma.fields.Constant):
        del ret["default"]
        return {"const": field.constant}
    own: dict[str, Any] = getattr(field, "json_schema", {})
    return {**own, **{key: ret[key] for key in ("examples", "description") if key in ret}}


def example(schema: dict[str, Any], named: dict[str, dict[str, Any]]) -> Any:
    """Return an example for a JSON Schema, composed of the examples of its parts.

    `named` maps the names in a `$ref` to their schemas. Raises ValueError if a part has no example.
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
    raise ValueError(f"no example in {schema}")
