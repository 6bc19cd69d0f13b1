"""Put a whole catalog, on all cores; say of each persona what became of it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from personas.audit.service import Actor
from personas.config.settings import Settings
from personas.http.problems import Problem, problem_of
from personas.persona import derived
from personas.persona.put import Outcome, Prepared, commit, prepare, put
from personas.seeding.catalog import Entry
from personas.state import current
from personas.user.password import CORES


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What became of one entry: `created`, `updated` (with the fields), `unchanged`, `failed`
    (with the reason)."""

    email: str
    name: str
    word: str
    changed: tuple[str, ...] = ()
    reason: str | None = None


def seed(entries: Sequence[Entry], *, actor: Actor, dry_run: bool) -> Iterator[Seeded]:
    """Put each entry with its derived password, in order; a failure stops no other.

    Each is a transaction of its own, written here while the cores hash the next ones.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # for the threads

    def look_and_hash(entry: Entry) -> Prepared | Problem:
        with app.app_context():
            try:
                return prepare(*_account(entry), entry.description, dry_run=dry_run)
            except (Problem, SQLAlchemyError) as error:
                return problem_of(error)

    pool = ThreadPoolExecutor(CORES)
    try:
        for entry, prepared in zip(entries, pool.map(look_and_hash, entries), strict=True):
            yield _finish(entry, prepared, actor=actor, dry_run=dry_run)
    finally:
        pool.shutdown(cancel_futures=True)


def _finish(entry: Entry, prepared: Prepared | Problem, *, actor: Actor, dry_run: bool) -> Seeded:
    try:
        outcome = _write(entry, prepared, actor=actor, dry_run=dry_run)
    except (Problem, SQLAlchemyError) as error:
        reason = problem_of(error).sentence
        return Seeded(email=entry.email, name=entry.name, word="failed", reason=reason)
    plan = outcome.plan
    return Seeded(email=entry.email, name=entry.name, word=plan.word, changed=tuple(plan.changed))


def _write(entry: Entry, prepared: Prepared | Problem, *, actor: Actor, dry_run: bool) -> Outcome:
    if isinstance(prepared, Problem):
        raise prepared
    if dry_run:
        return prepared.outcome
    # somebody was faster: look again
    return commit(prepared, actor=actor) or put(*_account(entry), entry.description, actor=actor)


def _account(entry: Entry) -> tuple[str, str]:
    return entry.email, derived.password(current(Settings).seed_secret, entry.email)
