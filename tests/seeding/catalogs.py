"""Catalogs for tests."""

import json
from pathlib import Path
from typing import Any

from personas.seeding.catalog import Entry
from tests.people import body, persona


def listed(name: str = "Zoe", **changes: Any) -> dict[str, Any]:
    """A persona as a catalog describes it."""
    described = body(name=name, email=f"persona.{name.lower()}@mana.test") | changes
    return {key: value for key, value in described.items() if key != "password"}


def write_catalog(folder: Path, *personas: object, **top: Any) -> Path:
    """A catalog file of these personas."""
    path = folder / "catalog.json"
    path.write_text(json.dumps({"personas": personas, **top}))
    return path


def entry(name: str = "Zoe", **changes: Any) -> Entry:
    """A checked entry, as a store takes it."""
    return Entry(f"persona.{name.lower()}@mana.test", persona(name=name, **changes))


def space(slug: str = "flat", *, owner: str = "zoe", **changes: Any) -> dict[str, Any]:
    """A space as a catalog describes it; `owner` is a short name or a whole e-mail."""
    email = owner if "@" in owner or not owner else f"persona.{owner}@mana.test"
    described = {"slug": slug, "name": f"The {slug}", "type": "family", "members": list[Any]()}
    return described | {"owner": email} | changes


def member(name: str, role: str = "member") -> dict[str, str]:
    return {"email": f"persona.{name}@mana.test", "role": role}
