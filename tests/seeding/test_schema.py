"""The catalog's JSON Schema, which editors complete and check it with."""

import json
from typing import Any

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator

from personas.seeding.catalog import BUILT_IN, CatalogError, load
from personas.seeding.schema import FILE, catalog_schema, text


@pytest.fixture
def shipped() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(BUILT_IN.read_text())
    return document


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text() == text(), "run python -m personas.seeding.schema"


def test_the_shipped_catalog_names_its_schema_and_fits_it(shipped: dict[str, Any]) -> None:
    assert (BUILT_IN.parent / shipped["$schema"]).samefile(FILE)
    assert list(Draft202012Validator(catalog_schema()).iter_errors(shipped)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", " "),
        ("name", "two\nlines"),
        ("email", "persona.annä@mana.test"),
        ("email", f"{'a' * 65}@mana.test"),
        ("archetype", "ADHD"),
        ("systemPrompt", "too short"),
        ("systemPrompt", "a prompt that holds \0 somewhere"),
        ("moduleMix", {}),
        ("moduleMix", {"todo": 0}),
        ("moduleMix", {"todo": True}),
        ("moduleMix", {"1todo": 1}),
        ("tickCadence", "yearly"),
        ("unknown", 1),
        ("name", None),
    ],
)
def test_schema_and_service_refuse_the_same_personas(
    app: Flask, tmp_path: Any, shipped: dict[str, Any], key: str, value: object
) -> None:
    shipped["personas"][0][key] = value
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(shipped))

    with app.app_context(), pytest.raises(CatalogError):
        load(path)
    assert not Draft202012Validator(catalog_schema()).is_valid(shipped)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("slug", "The Flat"),
        ("slug", "x" * 31),
        ("name", " "),
        ("type", "personal"),
        ("owner", "anna"),
        ("members", None),
        ("members", [{"email": "persona.ben@mana.test", "role": "owner"}]),
        ("members", [{"role": "member"}]),
        ("unknown", 1),
    ],
)
def test_schema_and_service_refuse_the_same_spaces(
    app: Flask, tmp_path: Any, shipped: dict[str, Any], key: str, value: object
) -> None:
    shipped["spaces"][0][key] = value
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(shipped))

    with app.app_context(), pytest.raises(CatalogError):
        load(path)
    assert not Draft202012Validator(catalog_schema()).is_valid(shipped)
