"""Plan a put of a persona: compare its description with what is stored.

The HTTP answer, the seed and the dry run all use this plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CADENCES = ("hourly", "daily", "weekdays")
DEFAULT_CADENCE = "daily"

# Column → name on the wire, in the order of an answer's `changed` (contract, section 3)
FIELDS = {
    "name": "name",
    "archetype": "archetype",
    "system_prompt": "systemPrompt",
    "module_mix": "moduleMix",
    "tick_cadence": "tickCadence",
    "access_tier": "accessTier",
    "email_verified": "emailVerified",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a put does: create the persona, change some of its fields, or nothing."""

    email: str
    created: bool
    columns: tuple[str, ...] = ()  # the keys of FIELDS whose values differ
    password: bool = False  # whether the stored password differs

    @property
    def changed(self) -> list[str]:
        """The wire names of the fields that change; empty for a new persona."""
        names = [FIELDS[column] for column in self.columns]
        return [*names, "password"] if self.password else names

    @property
    def outcome(self) -> str:
        """`created`, `updated` or `unchanged`."""
        if self.created:
            return "created"
        return "updated" if self.changed else "unchanged"


def plan(
    email: str,
    description: Mapping[str, Any],
    current: Mapping[str, Any] | None,
    *,
    password_fits: bool,
) -> Plan:
    """Compare the description of a persona with its current values (None: it does not exist), both
    by column. Columns that `description` leaves out do not change.
    """
    if current is None:
        return Plan(email=email, created=True)
    columns = tuple(
        key for key in FIELDS if key in description and description[key] != current[key]
    )
    return Plan(email=email, created=False, columns=columns, password=not password_fits)
