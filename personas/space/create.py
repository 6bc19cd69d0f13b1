"""Make spaces: an account's personal one, and those that are shared."""

from typing import Any

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.database import clock
from personas.database.engine import db
from personas.database.session import insert, write
from personas.database.types import new_id
from personas.http.problems import Conflict
from personas.space import service
from personas.space.models import Space, SpaceMember
from personas.space.service import Membership
from personas.space.slug import RESERVED, first_free, slug_of
from personas.user.email import local_part
from personas.user.models import User


class SlugTaken(Conflict):
    """This slug is taken or reserved."""


def create(
    name: str, space_type: str, slug: str | None = None, *, by: Actor, actor: Actor | None = None
) -> Membership:
    """Make a shared space, owned by `by`. Without `slug` one is made from the name.

    `space_type` is any but `personal`. Raises SlugTaken for a slug that was asked for.
    """
    with write():
        service.enter(by)
        values = _values(name, space_type)
        space = _insert(values, slug) if slug else _insert_as(slug_of(name), values)
        if space is None:
            raise SlugTaken
        _own(space, by.id)
        made = service.facts(space) | {"owner": by.email}
        audit.record("space.create", actor=actor or by, target=Actor(space.id), after=made)
    return Membership(space, "owner")


def insert_personal(user: User) -> None:
    """Give a new account its personal space, within the transaction at work."""
    values = _values(user.name, "personal", personal_of=user.id)
    _own(_insert_as(slug_of(local_part(user.email)), values), user.id)


def _values(name: str, space_type: str, *, personal_of: str | None = None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "name": name,
        "folded_name": name.casefold(),
        "type": space_type,
        "personal_of": personal_of,
        "created_at": clock.now(),
    }


def _insert(values: dict[str, Any], slug: str) -> Space | None:
    """None if the slug is taken."""
    if slug in RESERVED:
        return None
    statement = insert(Space).values(**values, slug=slug)
    statement = statement.on_conflict_do_nothing(index_elements=["slug"]).returning(Space)
    space: Space | None = db.session.scalar(statement)
    return space


def _insert_as(slug: str, values: dict[str, Any]) -> Space:
    """Insert under the slug, or under the next number of it that nobody else is faster to take."""
    candidate = slug
    while (space := _insert(values, candidate)) is None:
        candidate = first_free(slug, _is_taken)
    return space


def _is_taken(slug: str) -> bool:
    """No number makes a reserved word of a slug, so the table alone is asked."""
    return db.session.scalar(sa.select(Space.id).where(Space.slug == slug)) is not None


def _own(space: Space, user_id: str) -> None:
    db.session.add(
        SpaceMember(space_id=space.id, user_id=user_id, role="owner", created_at=space.created_at)
    )
