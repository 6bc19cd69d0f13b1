"""Comparing a catalog with stored values."""

from typing import Any

import pytest

from personas.seeding import diff
from personas.seeding.catalog import SpaceEntry
from personas.seeding.diff import Difference
from personas.seeding.space_plan import plan_space
from personas.seeding.store import Membership, PersonaResult, StoredSpace
from tests.seeding.catalogs import entry

ZOE = "persona.zoe@mana.test"
FLAT = SpaceEntry(slug="flat", name="The flat", type="family", owner=ZOE, members={"abe": "member"})


def result(outcome: str, *changed: str, reason: str | None = None) -> PersonaResult:
    return PersonaResult(email=ZOE, name="Zoe", outcome=outcome, changed=changed, reason=reason)


def flat(*, name: str = "The flat", slug: str = "flat", **roles: str) -> StoredSpace:
    members = {email.replace("zoe", ZOE): Membership("1", role) for email, role in roles.items()}
    return StoredSpace(id="1", slug=slug, name=name, type="family", members=members)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (result("unchanged"), []),
        (result("created"), [Difference(status="missing", persona=ZOE)]),
        (
            result("failed", reason="Not so."),
            [Difference(status="failed", persona=ZOE, reason="Not so.")],
        ),
    ],
)
def test_a_persona_is_equal_or_missing_or_cannot_be_compared(
    planned: PersonaResult, expected: list[Difference]
) -> None:
    assert list(diff.compare_persona(entry(), planned, {})) == expected


def test_a_field_differs_with_both_values() -> None:
    planned = result("updated", "archetype", "accessTier", "password")
    stored: dict[str, Any] = {"archetype": "x", "accessTier": "guest"}
    differences = list(diff.compare_persona(entry(), planned, stored))

    assert [(each.status, each.field, each.expected, each.found) for each in differences] == [
        ("differs", "archetype", "solo-dev", "x"),
        ("differs", "accessTier", "founder", "guest"),
        ("differs", "password", None, None),
    ]


def test_equal_spaces_have_no_difference() -> None:
    assert list(diff.compare_space(plan_space(FLAT, flat(zoe="owner", abe="member")))) == []


def test_a_missing_space_is_one_difference() -> None:
    assert list(diff.compare_space(plan_space(FLAT, None))) == [
        Difference(status="missing", space="flat")
    ]


def test_fields_and_members_of_a_space_are_compared() -> None:
    differences = diff.compare_space(plan_space(FLAT, flat(name="Home", ann="owner", abe="admin")))

    assert list(differences) == [
        Difference(status="differs", space="flat", field="owner", expected=ZOE, found="ann"),
        Difference(status="differs", space="flat", field="name", expected="The flat", found="Home"),
        Difference(
            status="differs",
            persona="abe",
            space="flat",
            field="role",
            expected="member",
            found="admin",
        ),
        Difference(status="extra", persona="ann", space="flat"),
    ]


def test_a_lost_membership_is_missing() -> None:
    assert list(diff.compare_space(plan_space(FLAT, flat(zoe="owner")))) == [
        Difference(status="missing", persona="abe", space="flat")
    ]


def test_extra_spaces_are_those_that_only_personas_own() -> None:
    ours, theirs = flat(slug="a", abe="owner", ann="member"), flat(slug="b", ann="owner")
    both = flat(slug="c", ann="owner", abe="owner")
    stored = [ours, theirs, both, flat(zoe="owner")]

    assert list(diff.extra_spaces(stored, ["flat"], {"abe", ZOE})) == [
        Difference(status="extra", space="a")
    ]
