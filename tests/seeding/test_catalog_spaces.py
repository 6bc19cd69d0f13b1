"""The spaces of a catalog: read in order, or refused with every fault named by its path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from personas import create_app
from personas.seeding import catalog
from personas.seeding.catalog import CatalogError, SpaceEntry
from tests.seeding.catalogs import listed, space, write_catalog

NOBODY = "Not a persona of this catalog."


@pytest.fixture(scope="module", autouse=True)
def app_context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reading a catalog takes settings and no database: one application serves all tests."""
    folder = tmp_path_factory.mktemp("catalog")
    with create_app("test", values={}, instance_path=str(folder)).app_context():
        yield


def load(folder: Path, *spaces: object) -> list[SpaceEntry]:
    people = [listed(name) for name in ("Zoe", "Abe", "Kim")]
    return catalog.load(write_catalog(folder, *people, spaces=spaces)).spaces


def faults(folder: Path, *spaces: object) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(folder, *spaces)
    return caught.value.errors


def test_spaces_are_read_in_their_order_with_canonical_emails(tmp_path: Path) -> None:
    members = [
        {"email": "Persona.ABE@mana.test"},
        {"email": "persona.kim@mana.test", "role": "admin"},
    ]
    entries = load(tmp_path, space("b", owner="PERSONA.zoe@mana.test", members=members), space("a"))

    assert [entry.slug for entry in entries] == ["b", "a"]
    assert entries[0] == SpaceEntry(
        slug="b",
        name="The b",
        type="family",
        owner="persona.zoe@mana.test",
        members={"persona.abe@mana.test": "member", "persona.kim@mana.test": "admin"},
    )


def test_spaces_are_optional(tmp_path: Path) -> None:
    assert load(tmp_path) == []
    assert catalog.load(write_catalog(tmp_path, listed())).spaces == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": None}, "slug"),
        ({"slug": ""}, "slug"),
        ({"slug": "x" * 31}, "slug"),
        ({"slug": "Our Flat"}, "slug"),
        ({"slug": "admin"}, "slug"),
        ({"slug": 5}, "slug"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"type": "personal"}, "type"),
        ({"type": "cult"}, "type"),
        ({"type": []}, "type"),
        ({"owner": None}, "owner"),
        ({"owner": {}}, "owner"),
        ({"owner": "zoe"}, "owner"),
        ({"owner": "persona.ida@mana.test"}, "owner"),
        ({"members": None}, "members"),
        ({"members": {}}, "members"),
        ({"members": [None]}, "members.0"),
        ({"members": [{}]}, "members.0.email"),
        ({"members": [{"email": "persona.ida@mana.test"}]}, "members.0.email"),
        ({"members": [{"email": "persona.zoe@mana.test"}]}, "members.0.email"),
        ({"members": [{"email": "persona.abe@mana.test", "role": "owner"}]}, "members.0.role"),
        ({"members": [{"email": "persona.abe@mana.test", "role": None}]}, "members.0.role"),
        ({"members": [{"email": "persona.abe@mana.test", "name": "A"}]}, "members.0.name"),
        ({"id": 5}, "id"),
    ],
)
def test_an_invalid_field_is_reported_by_its_path(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    reported = faults(tmp_path, space("good"), space("bad") | changes)

    assert [fault.partition(": ")[0] for fault in reported] == [f"spaces.1.{field}"]


@pytest.mark.parametrize("field", ["slug", "name", "type", "owner", "members"])
def test_a_missing_field_is_reported(tmp_path: Path, field: str) -> None:
    described = {key: value for key, value in space("a").items() if key != field}

    assert [fault.partition(": ")[0] for fault in faults(tmp_path, described)] == [
        f"spaces.0.{field}"
    ]


def test_a_duplicate_is_reported_with_its_first_path(tmp_path: Path) -> None:
    abe = {"email": "persona.abe@mana.test"}
    also_abe = {"email": "Persona.Abe@mana.test", "role": "admin"}
    owner = {"email": "persona.zoe@mana.test"}
    reported = faults(tmp_path, space("a"), space("a", members=[abe, owner, also_abe]))

    assert reported == [
        "spaces.1.slug: The same as spaces.0.slug.",
        "spaces.1.members.1.email: The same as spaces.1.owner.",
        "spaces.1.members.2.email: The same as spaces.1.members.0.email.",
    ]


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    bad = space("api", owner="persona.ida@mana.test", members=[{"email": "x@mana.test"}, 5])
    path = write_catalog(tmp_path, listed(archetype="A"), "Abe", spaces=["flat", bad])
    with pytest.raises(CatalogError) as caught:
        catalog.load(path)

    assert sorted(fault.partition(": ")[0] for fault in caught.value.errors) == [
        "personas.0.archetype",
        "personas.1",
        "spaces.0",
        "spaces.1.members.0.email",
        "spaces.1.members.1",
        "spaces.1.owner",
        "spaces.1.slug",
    ]
    assert f"spaces.1.owner: {NOBODY}" in caught.value.errors


@pytest.mark.parametrize("spaces", [None, {}, "flat", 5])
def test_spaces_must_be_a_list(tmp_path: Path, spaces: object) -> None:
    with pytest.raises(CatalogError) as caught:
        catalog.load(write_catalog(tmp_path, listed(), spaces=spaces))

    assert [fault.partition(": ")[0] for fault in caught.value.errors] == ["spaces"]


def test_the_slug_of_a_personal_space_is_taken(tmp_path: Path) -> None:
    assert faults(tmp_path, space("persona-zoe")) == [
        "spaces.0.slug: Used by the personal space of persona.zoe@mana.test."
    ]
