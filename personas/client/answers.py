"""What the service answers, read strictly: whoever else may be at the address.

Each reader gives None for what has another shape. What goes into a path or onto a terminal is
checked to be fit for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ID = re.compile("[0-9a-f-]{36}")  # it goes into a path


@dataclass(frozen=True, kw_only=True)
class Account:
    """The wire's `user` (contract, section 2)."""

    id: str
    email: str
    name: str
    kind: str
    role: str
    access_tier: str
    email_verified: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class PutAnswer:
    """What became of a persona; `user_id` is None for what a dry run would make."""

    user_id: str | None
    email: str
    created: bool
    changed: tuple[str, ...]


@dataclass(frozen=True)
class PersonaRow:
    """One of the list of personas."""

    user_id: str
    email: str


@dataclass(frozen=True)
class SpaceRow:
    """One of the list of spaces; `members` maps an e-mail to an id and a role."""

    id: str
    name: str
    slug: str
    type: str
    members: Mapping[str, tuple[str, str]]


def account(user: object) -> Account | None:
    match user:
        case {
            "id": str(user_id),
            "email": str(email),
            "name": str(name),
            "kind": str(kind),
            "role": str(role),
            "accessTier": str(tier),
            "emailVerified": bool(verified),
            "createdAt": str(created),
            "updatedAt": str(updated),
        } if ID.fullmatch(user_id) and email.isprintable():
            try:
                times = datetime.fromisoformat(created), datetime.fromisoformat(updated)
            except ValueError:
                return None
            return Account(
                id=user_id,
                email=email,
                name=name,
                kind=kind,
                role=role,
                access_tier=tier,
                email_verified=verified,
                created_at=times[0],
                updated_at=times[1],
            )
    return None


def put(answer: object) -> PutAnswer | None:
    match answer:
        case {
            "userId": str() | None as user_id,
            "email": str(email),
            "created": bool(created),
            "changed": [*changed],
        } if (
            (user_id is None or ID.fullmatch(user_id))
            and email.isprintable()
            and all(isinstance(name, str) and name.isprintable() for name in changed)
        ):
            return PutAnswer(user_id, email, created, tuple(changed))
    return None


def persona_row(row: object) -> PersonaRow | None:
    match row:
        case {"userId": str(user_id), "email": str(email)} if (
            ID.fullmatch(user_id) and email.isprintable()
        ):
            return PersonaRow(user_id, email)
    return None


def persona(answer: object) -> dict[str, Any] | None:
    match answer:
        case {"persona": {"userId": str()} as found}:
            return dict(found)
    return None


def space_row(row: object) -> SpaceRow | None:
    match row:
        case {
            "id": str(space_id),
            "name": str(name),
            "slug": str(slug),
            "type": str(space_type),
            "members": [*members],
        } if ID.fullmatch(space_id) and (slug + space_type).isprintable():
            seats = [_seat(member) for member in members]
            if None not in seats:
                return SpaceRow(space_id, name, slug, space_type, dict(filter(None, seats)))
    return None


def _seat(member: object) -> tuple[str, tuple[str, str]] | None:
    match member:
        case {"userId": str(user_id), "email": str(email), "role": str(role)} if (
            ID.fullmatch(user_id) and (email + role).isprintable()
        ):
            return email, (user_id, role)
    return None


def made(answer: object) -> str | None:
    """The id of what was made."""
    match answer:
        case {"id": str(found)} if ID.fullmatch(found):
            return found
    return None


def rows(found: object) -> list[object] | None:
    return found if isinstance(found, list) else None
