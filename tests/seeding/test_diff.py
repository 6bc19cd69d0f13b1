"""What a catalog and a service do not have in common, of values alone."""

from typing import Any

import pytest

from personas.seeding import diff
from personas.seeding.catalog import SpaceEntry
from personas.seeding.diff import Difference
from personas.seeding.personas import Seeded
from personas.seeding.space_plan import Found, Holder, plan_space
from tests.seeding.catalogs import entry

ZOE = "persona.zoe@mana.test"
FLAT = SpaceEntry(slug="flat", name="The flat", type="family", owner=ZOE, members={"abe": "member"})


def planned(word: str, *changed: str, reason: str | None = None) -> Seeded:
    return Seeded(email=ZOE, name="Zoe", word=word, changed=changed, reason=reason)


def flat(*, name: str = "The flat", slug: str = "flat", **members: str) -> Found:
    seats = {email.replace("zoe", ZOE): Holder("1", role) for email, role in members.items()}
    return Found(id="1", slug=slug, name=name, type="family", members=seats)


@pytest.mark.parametrize(
    ("seeded", "expected"),
    [
        (planned("unchanged"), []),
        (planned("created"), [Difference(word="missing", persona=ZOE)]),
        (
            planned("failed", reason="Not so."),
            [Difference(word="failed", persona=ZOE, reason="Not so.")],
        ),
    ],
)
def test_a_persona_is_there_or_missing_or_cannot_be_compared(
    seeded: Seeded, expected: list[Difference]
) -> None:
    assert list(diff.of_persona(entry(), seeded, {})) == expected


def test_a_field_differs_with_both_values() -> None:
    seeded = planned("updated", "archetype", "accessTier", "password")
    found: dict[str, Any] = {"archetype": "x", "accessTier": "guest"}
    differences = list(diff.of_persona(entry(), seeded, found))

    assert [(one.word, one.field, one.expected, one.found) for one in differences] == [
        ("differs", "archetype", "solo-dev", "x"),
        ("differs", "accessTier", "founder", "guest"),
        ("differs", "password", None, None),
    ]


def test_equal_spaces_have_no_difference() -> None:
    assert list(diff.of_space(plan_space(FLAT, flat(zoe="owner", abe="member")))) == []


def test_a_missing_space_is_one_difference() -> None:
    assert list(diff.of_space(plan_space(FLAT, None))) == [Difference(word="missing", space="flat")]


def test_of_a_space_its_fields_and_each_member_are_compared() -> None:
    differences = diff.of_space(plan_space(FLAT, flat(name="Home", ann="owner", abe="admin")))

    assert list(differences) == [
        Difference(word="differs", space="flat", field="owner", expected=ZOE, found="ann"),
        Difference(word="differs", space="flat", field="name", expected="The flat", found="Home"),
        Difference(
            word="differs",
            persona="abe",
            space="flat",
            field="role",
            expected="member",
            found="admin",
        ),
        Difference(word="extra", persona="ann", space="flat"),
    ]


def test_a_lost_membership_is_missing() -> None:
    assert list(diff.of_space(plan_space(FLAT, flat(zoe="owner")))) == [
        Difference(word="missing", persona="abe", space="flat")
    ]


def test_extra_are_the_spaces_of_personas_and_not_those_of_people() -> None:
    ours, theirs = flat(slug="a", abe="owner", ann="member"), flat(slug="b", ann="owner")
    both = flat(slug="c", ann="owner", abe="owner")
    found = [ours, theirs, both, flat(zoe="owner")]

    assert list(diff.extra_spaces(found, ["flat"], {"abe", ZOE})) == [
        Difference(word="extra", space="a")
    ]
