"""Make a persona, or make an existing one what its description says.

In two steps, so that a seed can hash on all cores while it writes: `prepare` reads and hashes,
`commit` is the one transaction.
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
from personas.persona.service import DESCRIPTOR, Described
from personas.state import current
from personas.user.email import domain
from personas.user.models import User
from personas.user.password import Passwords
from personas.user.stamp import PERSONA

STAMP = {"access_tier": PERSONA.access_tier, "email_verified": PERSONA.email_verified}
ATTEMPTS = 5


class Contended(Conflict):
    """The persona is being changed by others at the same time. Try again."""


@dataclass(frozen=True)
class Outcome:
    """What a put did, or in a dry run would do. `user_id` is None for what is not there yet."""

    plan: Plan
    user_id: str | None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A put that has only to be written. `hashed` is None where the stored password fits."""

    plan: Plan
    wanted: Mapping[str, Any]
    seen: Described | None
    hashed: str | None
    seed_version: str | None

    @property
    def outcome(self) -> Outcome:
        """What it comes to where nothing is written."""
        return Outcome(self.plan, self.seen.user.id if self.seen else None)


def put(
    email: str,
    password: str,
    description: Mapping[str, Any],
    *,
    actor: Actor,
    dry_run: bool = False,
) -> Outcome:
    """Make a persona, or make the one with this e-mail what the description says.

    `email` is canonical; `description` holds any of `name, archetype, system_prompt,
    module_mix, tick_cadence` (all but name and cadence for a new one). Raises Invalid for an
    e-mail off the persona domains, NotAPersona, Contended (contract, section 3).
    """
    for _ in range(ATTEMPTS):
        prepared = prepare(email, password, description, dry_run=dry_run)
        if dry_run:
            return prepared.outcome
        if outcome := commit(prepared, actor=actor):
            return outcome
    raise Contended


def prepare(
    email: str, password: str, description: Mapping[str, Any], *, dry_run: bool = False
) -> Prepared:
    """Everything of a put but its transaction: look, plan, and hash what has to be hashed."""
    if domain(email) not in current(Settings).email_domains:
        names = ", ".join(sorted(current(Settings).email_domains))
        raise Invalid({"email": [f"Not on a persona domain ({names})."]})
    wanted = {**description, **STAMP}
    seen = service.find(email)
    fits = seen is not None and _fits(seen.user, password)
    secret = current(Settings).seed_secret
    is_derived = password == derived.password(secret, email)
    return Prepared(
        plan=plan(email, wanted, seen.columns if seen else None, password_fits=fits),
        wanted=wanted,
        seen=seen,
        hashed=None if fits or dry_run else current(Passwords).hash(password),
        seed_version=derived.version(secret) if is_derived else None,
    )


def commit(prepared: Prepared, *, actor: Actor) -> Outcome | None:
    """Write what was prepared; None if the account has changed too much since."""
    seen = prepared.seen
    if seen is None:
        return _create(prepared, actor=actor)
    # a password found to be derived is remembered as such, so that the next put hashes nothing
    is_known = prepared.seed_version in (None, seen.user.seed_version)
    if prepared.plan.word == "unchanged" and is_known:
        return prepared.outcome
    return _update(prepared, seen, actor=actor)


def _fits(user: User, password: str) -> bool:
    """Whether this is the account's password; hashes only what cannot be known without."""
    secret = current(Settings).seed_secret
    if user.seed_version is not None and password == derived.password(secret, user.email):
        return user.seed_version == derived.version(secret)
    return current(Passwords).verify(password, user.password_hash)


def _create(prepared: Prepared, *, actor: Actor) -> Outcome | None:
    """None if somebody else has made the account meanwhile."""
    wanted = prepared.wanted
    described = {"tick_cadence": DEFAULT_CADENCE}
    described |= {key: wanted[key] for key in DESCRIPTOR if key in wanted}
    try:
        with write():
            user = auth.create_account(
                email=prepared.plan.email,
                name=wanted.get("name"),
                hashed=str(prepared.hashed),
                seed_version=prepared.seed_version,
                stamp=PERSONA,
                actor=actor,
                described={FIELDS[key]: value for key, value in described.items()},
            )
            db.session.add(Persona(user_id=user.id, created_at=user.created_at, **described))
    except auth.EmailTaken:
        return None
    return Outcome(prepared.plan, user.id)


def _update(prepared: Prepared, seen: Described, *, actor: Actor) -> Outcome | None:
    """None if the password that was checked is no longer the stored one, or the account gone."""
    wanted, hashed = prepared.wanted, prepared.hashed
    with write():
        found = service.lock(seen.user.id)
        if found is None or found.user.password_hash != seen.user.password_hash:
            return None
        user = found.user
        planned = plan(user.email, wanted, found.columns, password_fits=hashed is None)
        changes = {key: wanted[key] for key in planned.columns}
        before = service.change(found, changes)
        after = {FIELDS[key]: value for key, value in changes.items()}
        if hashed or prepared.seed_version:
            user.seed_version = prepared.seed_version
        if hashed:
            user.password_hash = hashed
            user.updated_at = clock.now()
            end_sessions(user.id)
            after["password"] = "replaced"  # noqa: S105  the fact, never the word
        if after:
            audit.record(
                "persona.update",
                actor=actor,
                target=Actor(user.id, user.email),
                before=before,
                after=after,
            )
    return Outcome(planned, user.id)
