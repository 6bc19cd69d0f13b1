"""Catalogs: read in order, or refused as a whole with every fault listed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from personas import create_app
from personas.seeding import catalog
from personas.seeding.catalog import CatalogError
from tests.conftest import CreateApp
from tests.people import PROMPT
from tests.seeding.catalogs import listed, write_catalog


@pytest.fixture(scope="module", autouse=True)
def app_context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reading a catalog takes settings and no database: one application serves all tests."""
    folder = tmp_path_factory.mktemp("catalog")
    with create_app("test", values={}, instance_path=str(folder)).app_context():
        yield


def faults(path: Path) -> list[str]:
    """The faults of an invalid catalog."""
    with pytest.raises(CatalogError) as caught:
        catalog.load(path)
    assert str(caught.value).startswith(f"{path}:")
    assert all(fault in str(caught.value) for fault in caught.value.errors)
    return caught.value.errors


def paths(path: Path) -> list[str]:
    """The paths of the faults of an invalid catalog."""
    return [fault.partition(": ")[0] for fault in faults(path)]


def test_a_catalog_is_read_in_its_order(tmp_path: Path) -> None:
    path = write_catalog(tmp_path, listed("Zoe"), listed("Abe"), listed("Kim"))
    personas = catalog.load(path).personas

    assert [entry.name for entry in personas] == ["Zoe", "Abe", "Kim"]


def test_an_entry_is_an_email_and_its_description(tmp_path: Path) -> None:
    sent = listed(email="Persona.ZOE@Mana.Test", moduleMix={"z": 2, "a": 0.5}, tickCadence="hourly")
    [entry] = catalog.load(write_catalog(tmp_path, sent)).personas

    assert entry.email == "persona.zoe@mana.test"
    assert entry.description == {
        "name": "Zoe",
        "archetype": "solo-dev",
        "system_prompt": PROMPT,
        "module_mix": {"z": 2, "a": 0.5},
        "tick_cadence": "hourly",
    }
    assert list(entry.description["module_mix"]) == ["z", "a"]


def test_the_cadence_is_optional(tmp_path: Path) -> None:
    [entry] = catalog.load(write_catalog(tmp_path, listed())).personas

    assert "tick_cadence" not in entry.description


def test_a_catalog_may_name_its_schema_and_describe_itself(tmp_path: Path) -> None:
    top = {"$schema": "./catalog.schema.json", "description": "Two lines.\nOf text."}

    assert len(catalog.load(write_catalog(tmp_path, listed(), **top)).personas) == 1


def test_persona_domains_are_a_setting(make_app: CreateApp, tmp_path: Path) -> None:
    path = write_catalog(tmp_path, listed(email="zoe@one.test"), listed("Kim"))
    with make_app(email_domains="one.test").app_context():
        assert paths(path) == ["personas.1.email"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "cannot be read: No such file or directory"),  # noqa: ARG005
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b""), "not valid JSON"),
        (lambda path: path.write_bytes(b"# personas"), "not valid JSON"),
        (lambda path: path.write_bytes(b'{"personas": [],}'), "not valid JSON"),
        (lambda path: path.write_bytes(b'{"description": "\xe4"}'), "not valid JSON"),
        (
            lambda path: path.write_bytes(b'{"a": NaN}'),
            "The catalog contains NaN, which is not JSON.",
        ),
        (lambda path: path.write_bytes(b'{"a": 1, "a": 1}'), "a key twice"),
        (lambda path: path.write_bytes(b'{"a":' + b"[" * 40 + b"]" * 40 + b"}"), "nested"),
        (lambda path: path.write_bytes(b"[" * 100_000), "not valid JSON"),
        (lambda path: path.write_bytes(b"[]"), "The catalog must be a JSON object."),
        (lambda path: path.write_bytes(b"null"), "The catalog must be a JSON object."),
        (lambda path: path.write_bytes(b'"catalog"'), "The catalog must be a JSON object."),
    ],
)
def test_an_unreadable_catalog_is_refused(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "catalog.json"
    make(path)
    [fault] = faults(path)

    assert said in fault
    assert "body" not in fault


@pytest.mark.parametrize(
    ("top", "path"),
    [
        ({"personas": []}, "personas"),
        ({"personas": None}, "personas"),
        ({"personas": {"zoe": listed()}}, "personas"),
        ({"personas": "zoe"}, "personas"),
        ({"personas": [listed()], "Personas": []}, "Personas"),
        ({"personas": [listed()], "$schema": None}, "$schema"),
        ({"personas": [listed()], "description": None}, "description"),
        ({"personas": [listed()], "description": 5}, "description"),
        ({"personas": [listed()], "version": 1}, "version"),
    ],
)
def test_an_invalid_top_level_key_is_reported(
    tmp_path: Path, top: dict[str, Any], path: str
) -> None:
    assert paths(write_catalog(tmp_path, **top)) == [path]


def test_personas_are_required(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text("{}")

    assert paths(path) == ["personas"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"email": None}, "email"),
        ({"email": 5}, "email"),
        ({"email": "zoe"}, "email"),
        ({"email": "zoe@example.org"}, "email"),
        ({"archetype": "Solo Dev"}, "archetype"),
        ({"systemPrompt": "You are Zoe."}, "systemPrompt"),
        ({"systemPrompt": "x" * 20_001}, "systemPrompt"),
        ({"systemPrompt": None}, "systemPrompt"),
        ({"moduleMix": {}}, "moduleMix"),
        ({"moduleMix": {"todo": 0}}, "moduleMix"),
        ({"moduleMix": {"todo": True}}, "moduleMix.todo"),
        ({"moduleMix": {"todo": None}}, "moduleMix.todo"),
        ({"moduleMix": {"to do": 1}}, "moduleMix.to do"),
        ({"tickCadence": "weekly"}, "tickCadence"),
        ({"tickCadence": None}, "tickCadence"),
        ({"password": "a long enough password"}, "password"),
        ({"accessTier": "founder"}, "accessTier"),
        ({"kind": "human"}, "kind"),
    ],
)
def test_an_invalid_field_is_reported_by_its_path(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    path = write_catalog(tmp_path, listed("Abe"), listed() | changes)

    assert paths(path) == [f"personas.1.{field}"]


@pytest.mark.parametrize("field", ["name", "email", "archetype", "systemPrompt", "moduleMix"])
def test_a_missing_field_is_reported(tmp_path: Path, field: str) -> None:
    described = {key: value for key, value in listed().items() if key != field}

    assert paths(write_catalog(tmp_path, described)) == [f"personas.0.{field}"]


@pytest.mark.parametrize("persona", [None, 5, "Zoe", [], [listed()]])
def test_a_persona_must_be_an_object(tmp_path: Path, persona: object) -> None:
    assert paths(write_catalog(tmp_path, listed(), persona)) == ["personas.1"]


@pytest.mark.parametrize(
    "email", ["persona.zoe@mana.test", "Persona.ZOE@mana.TEST", "ｐersona.zoe@mana.test"]
)
def test_an_email_is_listed_once(tmp_path: Path, email: str) -> None:
    path = write_catalog(tmp_path, listed(), listed("Kim"), listed(email=email), listed("Abe"))

    assert faults(path) == ["personas.2.email: The same as personas.0.email."]


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    path = write_catalog(
        tmp_path,
        listed(archetype="A", email="zoe@example.org"),
        listed("Kim"),
        "Abe",
        listed("Ida", moduleMix={"todo": -1, "notes": 1, "1": "1"}, systemPrompt=""),
        listed("KIM", kind="persona"),
        version=1,
    )

    assert sorted(paths(path)) == [
        "personas.0.archetype",
        "personas.0.email",
        "personas.2",
        "personas.3.moduleMix.1",
        "personas.3.moduleMix.todo",
        "personas.3.systemPrompt",
        "personas.4.email",
        "personas.4.kind",
        "version",
    ]
