"""The catalog of personas and their spaces: a hand-edited file that is read and validated as a
whole (contract, section 10)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import marshmallow as ma

from personas.config.settings import Settings
from personas.http.fields import Choice, Schema, Text
from personas.http.strict_json import NotStrictJSON, parse
from personas.http.validation import messages_by_path
from personas.persona.module_mix import ModuleMix
from personas.persona.schemas import Archetype, PersonaChange, Prompt
from personas.space.access import INVITED, SHARED
from personas.space.schemas import A_TYPE, Slug, SpaceName
from personas.space.slug import RESERVED, slug_of
from personas.state import current
from personas.user.email import canonical, domain, local_part
from personas.user.schemas import Email, Name

MAX_BYTES = 8 * 1024 * 1024
BUILT_IN = Path(__file__).with_name("catalog.json")


class CatalogError(Exception):
    """The catalog is invalid; `errors` lists all its errors, each with its path."""

    def __init__(self, path: Path, errors: list[str]) -> None:
        self.errors = errors
        super().__init__(f"{path}:" + "".join(f"\n  {error}" for error in errors))


@dataclass(frozen=True)
class Entry:
    """One persona of the catalog: its canonical e-mail, and its description as `persona.put` takes
    it."""

    email: str
    description: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.description["name"])


@dataclass(frozen=True, kw_only=True)
class SpaceEntry:
    """One space of the catalog. `members` maps canonical e-mails to roles, without the owner."""

    slug: str
    name: str
    type: str
    owner: str
    members: Mapping[str, str]


@dataclass(frozen=True)
class Catalog:
    """A valid catalog, in the order of its file. Owners and members of spaces are its personas."""

    personas: list[Entry]
    spaces: list[SpaceEntry]

    @property
    def emails(self) -> set[str]:
        return {entry.email for entry in self.personas}


class CatalogPersona(PersonaChange):
    email = Email(required=True)
    name = Name(required=True)
    archetype = Archetype(required=True)
    system_prompt = Prompt(required=True)
    module_mix = ModuleMix(required=True)


class CatalogMember(Schema):
    email = Email(required=True)
    role = Choice(INVITED, load_default="member")


class CatalogSpace(Schema):
    slug = Slug(required=True)
    name = SpaceName(required=True)
    type = Choice(SHARED, required=True, metadata=A_TYPE)
    owner = Email(required=True)
    members = ma.fields.List(ma.fields.Nested(CatalogMember), required=True)


class CatalogSchema(Schema):
    schema = ma.fields.String(data_key="$schema")
    description = Text(0, 20_000)
    personas = ma.fields.List(
        ma.fields.Nested(CatalogPersona),
        required=True,
        validate=ma.validate.Length(min=1, error="Must contain at least one persona."),
    )
    spaces = ma.fields.List(ma.fields.Nested(CatalogSpace), load_default=list)


def load(path: Path | None = None, *, any_domain: bool = False) -> Catalog:
    """Read and validate the catalog in a file, by default the shipped one. Raises CatalogError.

    `any_domain` skips the check of the e-mail domains: over HTTP, the service checks them.
    """
    path = path or BUILT_IN
    raw = _read(path)
    try:
        loaded = CatalogSchema().load(raw)
    except ma.ValidationError as error:
        loaded = None
        by_path = messages_by_path(error)
        errors = [f"{at}: {' '.join(messages)}" for at, messages in by_path.items()]
    else:
        errors = []
    errors += [*_persona_errors(raw, any_domain=any_domain), *_space_errors(raw)]
    if errors or loaded is None:
        raise CatalogError(path, errors)
    return Catalog(
        [Entry(persona.pop("email"), persona) for persona in loaded["personas"]],
        [_space_entry(space) for space in loaded["spaces"]],
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise CatalogError(path, [f"is larger than {MAX_BYTES} bytes"])
        return parse(text)
    except OSError as error:
        raise CatalogError(path, [f"cannot be read: {error.strerror}"]) from None
    except NotStrictJSON as error:
        raise CatalogError(path, [f"The catalog {error}."]) from None


def _space_entry(space: dict[str, Any]) -> SpaceEntry:
    members = {member["email"]: member["role"] for member in space.pop("members")}
    return SpaceEntry(**space, members=members)


def _persona_errors(raw: object, *, any_domain: bool) -> Iterator[str]:
    """E-mails that are listed twice or are not on a persona domain. `raw` may have any shape."""
    emails = _emails(_emails_of(raw, "personas"))
    yield from _duplicates(emails)
    for at, email in emails:
        if not any_domain and domain(email) not in current(Settings).email_domains:
            yield f"{at}: Not on a persona domain."


def _space_errors(raw: object) -> Iterator[str]:
    """Slugs that are listed twice, reserved, or used by a personal space; owners and members that
    are listed twice or are not in the catalog. `raw` may have any shape."""
    known = {email for _, email in _emails(_emails_of(raw, "personas"))}
    spaces = list(_items(raw, "spaces"))
    slugs = [(f"{at}.slug", space["slug"]) for at, space in spaces if _has_slug(space)]
    yield from _duplicates(slugs)
    personal = {slug_of(local_part(email)): email for email in known}
    for at, slug in slugs:
        if slug in RESERVED:
            yield f"{at}: Reserved."
        elif slug in personal:
            yield f"{at}: Used by the personal space of {personal[slug]}."
    for at, space in spaces:
        members = _emails_of(space, "members", f"{at}.")
        people = _emails([(f"{at}.owner", space.get("owner")), *members])
        yield from _duplicates(people)
        for where, email in people:
            if email not in known:
                yield f"{where}: Not a persona of this catalog."


def _items(container: object, key: str, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in the list `container[key]`, each with its path; `container` is unchecked."""
    items = container.get(key) if isinstance(container, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield f"{at}{key}.{index}", item


def _has_slug(space: dict[str, Any]) -> bool:
    return isinstance(space.get("slug"), str)


def _emails_of(container: object, key: str, at: str = "") -> Iterator[tuple[str, object]]:
    for path, item in _items(container, key, at):
        yield f"{path}.email", item.get("email")


def _emails(values: Iterable[tuple[str, object]]) -> list[tuple[str, str]]:
    """The canonical form of each valid e-mail; the schema reports the others."""
    emails = []
    for at, value in values:
        if isinstance(value, str):
            with suppress(ValueError):
                emails.append((at, canonical(value)))
    return emails


def _duplicates(values: Iterable[tuple[str, str]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for at, value in values:
        if value in first:
            yield f"{at}: The same as {first[value]}."
        first.setdefault(value, at)
