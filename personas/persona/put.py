"""Create a persona, or update an existing one to match its description.

There are two steps, so that a seed can hash on all cores while it writes: `prepare` reads and
hashes, `commit` is the write transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.auth import service as auth
from personas.auth.session import end_sessions
from personas.config.settings import Settings
from personas.database import clock
from personas.database.engine import db
from personas.database.session import write
from personas.http.problems import Conflict, Invalid
from personas.persona import derived, service
from personas.persona.models import Persona
from personas.persona.plan import DEFAULT_CADENCE, FIELDS, Plan, plan
from personas.persona.service import DESCRIPTOR, PersonaAccount
from personas.state import current
from personas.user.email import domain
from personas.user.models import User
from personas.user.password import Passwords
from personas.user.stamp import PERSONA

STAMP = {"access_tier": PERSONA.access_tier, "email_verified": PERSONA.email_verified}
ATTEMPTS = 5


class Contended(Conflict):
    """Others are changing this persona at the same time. Try again."""


@dataclass(frozen=True)
class PutResult:
    """What a put did, or would do in a dry run. `user_id` is None if the persona does not exist."""

    plan: Plan
    user_id: str | None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A put that only has to be written. `hashed` is None if the stored password matches."""

    plan: Plan
    columns: Mapping[str, Any]
    stored: PersonaAccount | None
    hashed: str | None
    seed_version: str | None

    @property
    def result(self) -> PutResult:
        """The result if nothing is written."""
        return PutResult(self.plan, self.stored.user.id if self.stored else None)


def put(
    email: str,
    password: str,
    description: Mapping[str, Any],
    *,
    actor: Actor,
    dry_run: bool = False,
) -> PutResult:
    """Create a persona, or update the one with this e-mail to match the description.

    `email` is canonical; `description` holds any of `name, archetype, system_prompt,
    module_mix, tick_cadence` (a new one needs all but name and cadence). Raises Invalid unless
    the e-mail is on a persona domain, NotAPersona, Contended (contract, section 3).
    """
    for _ in range(ATTEMPTS):
        prepared = prepare(email, password, description, dry_run=dry_run)
        if dry_run:
            return prepared.result
        if result := commit(prepared, actor=actor):
            return result
    raise Contended


def prepare(
    email: str, password: str, description: Mapping[str, Any], *, dry_run: bool = False
) -> Prepared:
    """Do everything of a put but its write: read, plan, and hash the password if necessary."""
    if domain(email) not in current(Settings).email_domains:
        names = ", ".join(sorted(current(Settings).email_domains))
        raise Invalid({"email": [f"Not on a persona domain ({names})."]})
    columns = {**description, **STAMP}
    stored = service.find(email)
    matches = stored is not None and _matches(stored.user, password)
    secret = current(Settings).seed_secret
    is_derived = password == derived.password(secret, email)
    return Prepared(
        plan=plan(email, columns, stored.columns if stored else None, password_fits=matches),
        columns=columns,
        stored=stored,
        hashed=None if matches or dry_run else current(Passwords).hash(password),
        seed_version=derived.version(secret) if is_derived else None,
    )


def commit(prepared: Prepared, *, actor: Actor) -> PutResult | None:
    """Write a prepared put. Return None if the account has changed since: prepare it again."""
    stored = prepared.stored
    if stored is None:
        return _create(prepared, actor=actor)
    # store that a password is derived, even if nothing else changes: the next put hashes nothing
    is_known = prepared.seed_version in (None, stored.user.seed_version)
    if prepared.plan.outcome == "unchanged" and is_known:
        return prepared.result
    return _update(prepared, stored, actor=actor)


def _matches(user: User, password: str) -> bool:
    """Whether this is the account's password. Hash only if comparing seed versions is not
    enough."""
    secret = current(Settings).seed_secret
    if user.seed_version is not None and password == derived.password(secret, user.email):
        return user.seed_version == derived.version(secret)
    return current(Passwords).verify(password, user.password_hash)


def _create(prepared: Prepared, *, actor: Actor) -> PutResult | None:
    """Return None if the account has been created in the meantime."""
    columns = prepared.columns
    descriptor = {"tick_cadence": DEFAULT_CADENCE}
    descriptor |= {key: columns[key] for key in DESCRIPTOR if key in columns}
    try:
        with write():
            user = auth.create_account(
                email=prepared.plan.email,
                name=columns.get("name"),
                hashed=str(prepared.hashed),
                seed_version=prepared.seed_version,
                stamp=PERSONA,
                actor=actor,
                descriptor={FIELDS[key]: value for key, value in descriptor.items()},
            )
            db.session.add(Persona(user_id=user.id, created_at=user.created_at, **descriptor))
    except auth.EmailTaken:
        return None
    return PutResult(prepared.plan, user.id)


def _update(prepared: Prepared, stored: PersonaAccount, *, actor: Actor) -> PutResult | None:
    """Return None if the account has been deleted, or its password changed, in the meantime."""
    columns, hashed = prepared.columns, prepared.hashed
    with write():
        locked = service.lock(stored.user.id)
        if locked is None or locked.user.password_hash != stored.user.password_hash:
            return None
        user = locked.user
        new_plan = plan(user.email, columns, locked.columns, password_fits=hashed is None)
        changes = {key: columns[key] for key in new_plan.columns}
        before = service.change(locked, changes)
        after = {FIELDS[key]: value for key, value in changes.items()}
        if hashed or prepared.seed_version:
            user.seed_version = prepared.seed_version
        if hashed:
            _replace_password(user, hashed)
            after["password"] = "replaced"  # noqa: S105  only the fact, not the password
        if after:
            audit.record(
                "persona.update",
                actor=actor,
                target=Actor(user.id, user.email),
                before=before,
                after=after,
            )
    return PutResult(new_plan, user.id)


def _replace_password(user: User, hashed: str) -> None:
    user.password_hash = hashed
    user.updated_at = clock.now()
    end_sessions(user.id)
