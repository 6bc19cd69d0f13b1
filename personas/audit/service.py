"""Write and read the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from personas.audit.models import AuditEvent
from personas.database import clock
from personas.database.engine import db
from personas.database.session import page, read
from personas.database.types import new_id


@dataclass(frozen=True)
class Actor:
    """Who acts: an account, or the command line."""

    id: str
    email: str | None = None


CLI = Actor("cli")


def record(
    action: str,
    *,
    actor: Actor,
    target: Actor,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add one event to the current transaction, next to the change that it records.

    `action` is a name like `persona.create`; `before` and `after` map the wire names of the
    changed fields to their values, and never hold a secret.
    """
    db.session.add(
        AuditEvent(
            id=new_id(),
            at=clock.now(),
            action=action,
            actor=actor.id,
            actor_email=actor.email,
            target=target.id,
            target_email=target.email,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )


def events(
    *,
    limit: int = 100,
    cursor: str | None = None,
    target: str | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> tuple[list[AuditEvent], str | None]:
    """Return the newest events first, and the cursor of the next page. `target` and `actor` take
    an id or an e-mail."""
    query = sa.select(AuditEvent)
    if target:
        query = query.where(sa.or_(AuditEvent.target == target, AuditEvent.target_email == target))
    if actor:
        query = query.where(sa.or_(AuditEvent.actor == actor, AuditEvent.actor_email == actor))
    if action:
        query = query.where(AuditEvent.action == action)
    with read():
        rows, next_cursor = page(query, AuditEvent.id, limit=limit, cursor=cursor)
    return [row.AuditEvent for row in rows], next_cursor
