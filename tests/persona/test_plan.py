"""The plan: what putting a description over what is stored would change."""

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.persona.plan import plan

EMAIL = "persona.bob@mana.test"
STORED = MappingProxyType(
    {
        "name": "Bob",
        "archetype": "solo-dev",
        "system_prompt": "You are Bob, and you fix bicycles.",
        "module_mix": {"todo": 2, "notes": 1},
        "tick_cadence": "daily",
        "access_tier": "founder",
        "email_verified": True,
    }
)
OTHER: dict[str, Any] = {
    "email_verified": False,
    "access_tier": "guest",
    "tick_cadence": "hourly",
    "module_mix": {"todo": 2},
    "system_prompt": "You are Bob, and you sell bicycles.",
    "archetype": "freelancer",
    "name": "Robert",
}
ORDER = [
    "name",
    "archetype",
    "systemPrompt",
    "moduleMix",
    "tickCadence",
    "accessTier",
    "emailVerified",
    "password",
]


@pytest.mark.parametrize("password_fits", [True, False])
def test_what_is_not_there_is_created_and_nothing_of_it_changed(password_fits: bool) -> None:
    planned = plan(EMAIL, OTHER, None, password_fits=password_fits)

    assert planned.created
    assert planned.word == "created"
    assert planned.changed == []


def test_what_is_as_described_is_unchanged() -> None:
    planned = plan(EMAIL, STORED, STORED, password_fits=True)

    assert not planned.created
    assert planned.word == "unchanged"
    assert planned.changed == []


def test_what_is_left_out_stays_as_it_is() -> None:
    planned = plan(EMAIL, {}, STORED, password_fits=True)

    assert planned.word == "unchanged"


def test_changes_are_named_in_the_order_of_the_contract() -> None:
    planned = plan(EMAIL, OTHER, STORED, password_fits=False)

    assert planned.word == "updated"
    assert planned.changed == ORDER


@pytest.mark.parametrize(
    ("column", "name"), list(zip(reversed(OTHER), ORDER[:-1], strict=True)), ids=ORDER[:-1]
)
def test_one_difference_is_named_alone(column: str, name: str) -> None:
    planned = plan(EMAIL, {**STORED, column: OTHER[column]}, STORED, password_fits=True)

    assert planned.changed == [name]
    assert planned.columns == (column,)


def test_a_password_that_no_longer_fits_is_a_change_of_its_own() -> None:
    planned = plan(EMAIL, STORED, STORED, password_fits=False)

    assert planned.word == "updated"
    assert planned.changed == ["password"]
    assert planned.columns == ()


@pytest.mark.parametrize("mix", [{"todo": 2}, {"todo": 2, "notes": 1.5}, {"todo": 2, "note": 1}])
def test_a_mix_differs_by_its_modules_and_weights(mix: dict[str, float]) -> None:
    planned = plan(EMAIL, {"module_mix": mix}, STORED, password_fits=True)

    assert planned.changed == ["moduleMix"]


@given(st.lists(st.sampled_from(sorted(OTHER)), unique=True))
def test_the_order_of_what_is_wanted_does_not_matter(keys: list[str]) -> None:
    planned = plan(EMAIL, {key: OTHER[key] for key in keys}, STORED, password_fits=False)

    assert planned.changed == [name for name in ORDER if name in planned.changed]
    assert set(planned.columns) == set(keys)
