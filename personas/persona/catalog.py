"""The hand-edited catalog of personas: read and checked as a whole (contract, section 10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import marshmallow as ma

from personas.body import flat, parse
from personas.config import settings
from personas.errors import Malformed
from personas.fields import ModuleMix, Schema, Text
from personas.persona.schemas import A_PROMPT, Archetype, PersonaChange
from personas.user.email import canonical, domain
from personas.user.schemas import Email, Name

MAX_BYTES = 8 * 1024 * 1024
SHIPPED = Path(__file__).with_name("catalog.json")


class CatalogError(Exception):
    """The catalog cannot be used; `faults` names everything that is wrong, each with its path."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        self.faults = faults
        super().__init__(f"{path}:" + "".join(f"\n  {fault}" for fault in faults))


@dataclass(frozen=True)
class Entry:
    """One persona of the catalog: its canonical e-mail, and what `service.put` takes."""

    email: str
    description: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.description["name"])


class CatalogPersona(PersonaChange):
    email = Email(required=True)
    name = Name(required=True)
    archetype = Archetype(required=True)
    system_prompt = Text(20, 20_000, required=True, metadata=A_PROMPT)
    module_mix = ModuleMix(required=True)


class CatalogSchema(Schema):
    schema = ma.fields.String(data_key="$schema")
    description = Text(0, 20_000)
    personas = ma.fields.List(
        ma.fields.Nested(CatalogPersona),
        required=True,
        validate=ma.validate.Length(min=1, error="Must hold at least one persona."),
    )


def load(path: Path | None = None, *, any_domain: bool = False) -> list[Entry]:
    """The personas of a catalog, the shipped one by default, in its order. Raises CatalogError.

    `any_domain` leaves it to somebody else which domains are for personas.
    """
    path = path or SHIPPED
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise CatalogError(path, [f"is larger than {MAX_BYTES} bytes"])
        raw = parse(text)
    except OSError as error:
        raise CatalogError(path, [f"cannot be read: {error.strerror}"]) from None
    except Malformed as error:
        raise CatalogError(path, [error.detail.replace("The body", "The catalog")]) from None
    try:
        personas = CatalogSchema().load(raw)["personas"]
    except ma.ValidationError as error:
        personas = None
        faults = [f"{at}: {' '.join(said)}" for at, said in flat(error).items()]
    else:
        faults = []
    faults += _email_faults(raw.get("personas"), any_domain=any_domain)
    if faults or personas is None:
        raise CatalogError(path, faults)
    return [Entry(persona.pop("email"), persona) for persona in personas]


def _email_faults(personas: object, *, any_domain: bool) -> Iterator[str]:
    """E-mails that stand twice or on no persona domain, in whatever else is wrong."""
    first: dict[str, int] = {}
    for index, persona in enumerate(personas if isinstance(personas, list) else []):
        try:
            email = canonical(persona["email"])
        except (TypeError, KeyError, ValueError):
            continue  # the schema has said so
        if email in first:
            yield f"personas.{index}.email: The same as personas.{first[email]}.email."
        first.setdefault(email, index)
        if not any_domain and domain(email) not in settings().email_domains:
            yield f"personas.{index}.email: Not on a persona domain."
