"""The field `moduleMix`: how often a persona uses each module of the product."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import marshmallow as ma

MODULE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MAX_WEIGHT = 1_000_000


class ModuleMix(ma.fields.Field[dict[str, float]]):
    """Maps the name of a module to its relative weight (contract, section 1)."""

    json_schema: ClassVar = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 64,
        "propertyNames": {"pattern": f"^{MODULE.pattern}$"},
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": MAX_WEIGHT},
        "not": {"additionalProperties": {"const": 0}},  # their sum is above 0
        "examples": [{"todo": 8, "journal": 6}],
    }

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, float]:
        if not isinstance(value, Mapping):
            raise ma.ValidationError("Must be an object: module name → weight.")
        if not 1 <= len(value) <= 64:
            raise ma.ValidationError("Must name 1 to 64 modules.")
        messages = {name: _messages(name, weight) for name, weight in value.items()}
        if errors := {name: listed for name, listed in messages.items() if listed}:
            raise ma.ValidationError(errors)
        if not sum(value.values()) > 0:
            raise ma.ValidationError("The sum of the weights must be above 0.")
        return dict(value)


def _messages(name: str, weight: object) -> list[str]:
    messages = []
    if not MODULE.fullmatch(name):
        messages.append("A module must be a letter, then up to 63 letters, digits, _ or -.")
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not is_number or not 0 <= weight <= MAX_WEIGHT:  # type: ignore[operator]  # NaN compares false
        messages.append(f"A weight must be a number from 0 to {MAX_WEIGHT}.")
    return messages
