"""The JSON Schema of catalogs, for editors: generated from the schema that checks them.

`python -m personas.seeding.schema` writes the file; a test fails when it is out of date.
"""

import json
from pathlib import Path
from typing import Any

from apispec import APISpec

from personas.openapi.shapes import OPENAPI_VERSION, Shapes
from personas.seeding.catalog import CatalogSchema

FILE = Path(__file__).with_name("catalog.schema.json")


def catalog_schema() -> dict[str, Any]:
    """The JSON Schema of a catalog (draft 2020-12)."""
    spec = APISpec("catalog", "1", OPENAPI_VERSION, plugins=[Shapes()])
    spec.components.schema("Catalog", schema=CatalogSchema)
    text = json.dumps(spec.to_dict()["components"]["schemas"])
    shapes = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    top = shapes.pop("Catalog")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A catalog of personas and their spaces",
        **top,
        "$defs": shapes,
    }


def text() -> str:
    return json.dumps(catalog_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
