"""The plan: which stored values a description would change."""

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
def test_new_persona_is_created_without_changes(password_fits: bool) -> None:
    planned = plan(EMAIL, OTHER, None, password_fits=password_fits)

    assert planned.created
    assert planned.outcome == "created"
    assert planned.changed == []


def test_equal_description_changes_nothing() -> None:
    planned = plan(EMAIL, STORED, STORED, password_fits=True)

    assert not planned.created
    assert planned.outcome == "unchanged"
    assert planned.changed == []


def test_omitted_values_stay_unchanged() -> None:
    planned = plan(EMAIL, {}, STORED, password_fits=True)

    assert planned.outcome == "unchanged"


def test_changes_are_named_in_the_order_of_the_contract() -> None:
    planned = plan(EMAIL, OTHER, STORED, password_fits=False)

    assert planned.outcome == "updated"
    assert planned.changed == ORDER


@pytest.mark.parametrize(
    ("column", "name"), list(zip(reversed(OTHER), ORDER[:-1], strict=True)), ids=ORDER[:-1]
)
def test_single_difference_is_the_only_change(column: str, name: str) -> None:
    planned = plan(EMAIL, {**STORED, column: OTHER[column]}, STORED, password_fits=True)

    assert planned.changed == [name]
    assert planned.columns == (column,)


def test_password_that_no_longer_fits_is_a_change() -> None:
    planned = plan(EMAIL, STORED, STORED, password_fits=False)

    assert planned.outcome == "updated"
    assert planned.changed == ["password"]
    assert planned.columns == ()


@pytest.mark.parametrize("mix", [{"todo": 2}, {"todo": 2, "notes": 1.5}, {"todo": 2, "note": 1}])
def test_module_mix_differs_by_modules_and_weights(mix: dict[str, float]) -> None:
    planned = plan(EMAIL, {"module_mix": mix}, STORED, password_fits=True)

    assert planned.changed == ["moduleMix"]


@given(st.lists(st.sampled_from(sorted(OTHER)), unique=True))
def test_order_of_the_description_does_not_matter(keys: list[str]) -> None:
    planned = plan(EMAIL, {key: OTHER[key] for key in keys}, STORED, password_fits=False)

    assert planned.changed == [name for name in ORDER if name in planned.changed]
    assert set(planned.columns) == set(keys)
