"""The catalog that comes with the service: ten hand-written personas and their five spaces."""

import re
from collections import Counter

import pytest

from personas import create_app
from personas.persona.plan import CADENCES
from personas.seeding import catalog
from personas.seeding.catalog import Catalog, Entry
from personas.user.email import canonical

TABLE = {
    "Anna": ("adhd-student", "todo, journal, notes, mood", "daily"),
    "Ben": ("adhd-student", "todo, calendar, journal, habits", "daily"),
    "Marcus": ("ceo-busy", "contacts, calendar, todo, articles", "weekdays"),
    "Lena": ("ceo-busy", "journal, contacts, calendar, notes", "weekdays"),
    "Sofia": ("creative-parent", "journal, notes, dreams, mood", "daily"),
    "Tom": ("creative-parent", "todo, calendar, notes, habits", "daily"),
    "Kai": ("solo-dev", "articles, notes, library, goals", "daily"),
    "Julia": ("researcher", "articles, notes, newsResearch", "weekdays"),
    "Paul": ("freelancer", "invoices, contacts, calendar", "weekdays"),
    "Maya": ("overwhelmed-newbie", "todo, journal", "daily"),
}


SPACES = {
    "Anna": ("family", ["Ben"]),
    "Marcus": ("team", ["Lena"]),
    "Sofia": ("family", ["Tom"]),
    "Kai": ("practice", []),
    "Paul": ("brand", []),
}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Reading it needs the settings of an application, but no database."""
    folder = tmp_path_factory.mktemp("shipped")
    with create_app("test", values={}, instance_path=str(folder)).app_context():
        return catalog.load()


@pytest.fixture(scope="module")
def entries(shipped: Catalog) -> list[Entry]:
    return shipped.personas


def test_the_shipped_catalog_is_the_table_of_the_contract(entries: list[Entry]) -> None:
    table = {
        entry.name: (
            entry.description["archetype"],
            ", ".join(entry.description["module_mix"]),
            entry.description["tick_cadence"],
        )
        for entry in entries
    }

    assert list(table.items()) == list(TABLE.items())


def test_its_spaces_are_those_of_the_contract(shipped: Catalog) -> None:
    names = {entry.email: entry.name for entry in shipped.personas}
    spaces = {
        names[space.owner]: (space.type, [names[email] for email in space.members])
        for space in shipped.spaces
    }

    assert list(spaces.items()) == list(SPACES.items())
    assert {role for space in shipped.spaces for role in space.members.values()} == {"member"}


def test_it_holds_ten_personas_of_seven_archetypes(entries: list[Entry]) -> None:
    archetypes = Counter(entry.description["archetype"] for entry in entries)

    assert len(entries) == 10
    assert len(archetypes) == 7
    assert {entry.description["tick_cadence"] for entry in entries} < set(CADENCES)


def test_their_emails_are_their_names_on_a_domain_that_does_not_exist(
    entries: list[Entry],
) -> None:
    for entry in entries:
        assert entry.email == f"persona.{entry.name.lower()}@mana.test"
        assert entry.email == canonical(entry.email)


def test_each_prompt_is_a_portrait_in_the_second_person(entries: list[Entry]) -> None:
    for entry in entries:
        prompt = entry.description["system_prompt"]

        assert prompt.startswith(f"You are {entry.name}, ")
        assert 60 <= len(prompt.split()) <= 150, entry.name
        assert re.search(r"\b[2-7][0-9]\b", prompt[:30]), "an age"
        assert prompt == " ".join(prompt.split()), "one paragraph"


def test_no_prompt_is_a_copy_of_another(entries: list[Entry]) -> None:
    sentences = Counter(
        sentence
        for entry in entries
        for sentence in entry.description["system_prompt"].split(". ")
        if len(sentence.split()) > 3
    )

    assert [sentence for sentence, times in sentences.items() if times > 1] == []


def test_an_entry_holds_what_a_put_takes(entries: list[Entry]) -> None:
    for entry in entries:
        assert set(entry.description) == {
            "name",
            "archetype",
            "system_prompt",
            "module_mix",
            "tick_cadence",
        }
