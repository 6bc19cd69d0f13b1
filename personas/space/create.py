"""Create spaces: the personal space of an account, and shared ones."""

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
    """Create a shared space, owned by `by`. Without `slug`, one is derived from the name.

    `space_type` is any type but `personal`. Raises SlugTaken if the given `slug` is taken.
    """
    with write():
        service.lock_actor(by)
        values = _values(name, space_type)
        space = _insert(values, slug) if slug else _insert_numbered(values, slug_of(name))
        if space is None:
            raise SlugTaken
        _add_owner(space, by.id)
        after = service.audit_values(space) | {"owner": by.email}
        audit.record("space.create", actor=actor or by, target=Actor(space.id), after=after)
    return Membership(space, "owner")


def insert_personal_space(user: User) -> None:
    """Create the personal space of a new account, in the current transaction."""
    values = _values(user.name, "personal", personal_of=user.id)
    _add_owner(_insert_numbered(values, slug_of(local_part(user.email))), user.id)


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
    """Return None if the slug is taken or reserved."""
    if slug in RESERVED:
        return None
    statement = insert(Space).values(**values, slug=slug)
    statement = statement.on_conflict_do_nothing(index_elements=["slug"]).returning(Space)
    space: Space | None = db.session.scalar(statement)
    return space


def _insert_numbered(values: dict[str, Any], slug: str) -> Space:
    """Insert with this slug; if it is taken, try numbered ones until one of them is free."""
    candidate = slug
    while (space := _insert(values, candidate)) is None:
        candidate = first_free(slug, _is_taken)
    return space


def _is_taken(slug: str) -> bool:
    """Only the table can tell: no numbered slug is a reserved word."""
    return db.session.scalar(sa.select(Space.id).where(Space.slug == slug)) is not None


def _add_owner(space: Space, user_id: str) -> None:
    db.session.add(
        SpaceMember(space_id=space.id, user_id=user_id, role="owner", created_at=space.created_at)
    )
