"""The JSON Schema of catalogs, for editors, generated from the schema that validates them.

`python -m personas.seeding.schema` writes the file; a test fails if it is out of date.
"""

import json
from pathlib import Path
from typing import Any

from apispec import APISpec

from personas.openapi.json_schema import OPENAPI_VERSION, SchemaPlugin
from personas.seeding.catalog import CatalogSchema

FILE = Path(__file__).with_name("catalog.schema.json")


def catalog_schema() -> dict[str, Any]:
    """The JSON Schema of a catalog (draft 2020-12)."""
    spec = APISpec("catalog", "1", OPENAPI_VERSION, plugins=[SchemaPlugin()])
    spec.components.schema("Catalog", schema=CatalogSchema)
    text = json.dumps(spec.to_dict()["components"]["schemas"])
    schemas = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    top = schemas.pop("Catalog")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A catalog of personas and their spaces",
        **top,
        "$defs": schemas,
    }


def text() -> str:
    """The content of the file."""
    return json.dumps(catalog_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
