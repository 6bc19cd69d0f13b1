"""The one plan: what putting a description over what is stored would change.

The HTTP answer, the seed and its dry run all come from it.
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
    """What a put does: make the persona, or change these fields of it, or nothing."""

    email: str
    created: bool
    columns: tuple[str, ...] = ()  # those of FIELDS whose value differs
    password: bool = False  # whether the password no longer fits

    @property
    def changed(self) -> list[str]:
        """The wire names of what changes; empty for a new persona, which is all new."""
        names = [FIELDS[column] for column in self.columns]
        return [*names, "password"] if self.password else names

    @property
    def word(self) -> str:
        """`created`, `updated` or `unchanged`."""
        if self.created:
            return "created"
        return "updated" if self.changed else "unchanged"


def plan(
    email: str,
    wanted: Mapping[str, Any],
    current: Mapping[str, Any] | None,
    *,
    password_fits: bool,
) -> Plan:
    """Compare what is wanted of a persona with what it is (None: not there), both by column.

    What `wanted` leaves out stays as it is.
    """
    if current is None:
        return Plan(email=email, created=True)
    columns = tuple(key for key in FIELDS if key in wanted and wanted[key] != current[key])
    return Plan(email=email, created=False, columns=columns, password=not password_fits)
