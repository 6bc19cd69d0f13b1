"""Put the entries of a catalog into the database, with their passwords hashed on all cores."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from personas.audit.service import Actor
from personas.config.settings import Settings
from personas.http.problems import Problem, problem_of
from personas.persona import derived
from personas.persona.put import Prepared, PutResult, commit, prepare, put
from personas.seeding.catalog import Entry
from personas.seeding.store import PersonaResult
from personas.state import current
from personas.user.password import CORES


def put_entries(
    entries: Sequence[Entry], *, actor: Actor, dry_run: bool
) -> Iterator[PersonaResult]:
    """Put each entry with its derived password, in order. A failed entry does not stop the others.

    Each entry is one transaction, written in this thread while other threads hash the next ones.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # for the threads

    def prepare_entry(entry: Entry) -> Prepared | Problem:
        with app.app_context():
            try:
                return prepare(*_credentials(entry), entry.description, dry_run=dry_run)
            except (Problem, SQLAlchemyError) as error:
                return problem_of(error)

    pool = ThreadPoolExecutor(CORES)
    try:
        for entry, prepared in zip(entries, pool.map(prepare_entry, entries), strict=True):
            yield _result(entry, prepared, actor=actor, dry_run=dry_run)
    finally:
        pool.shutdown(cancel_futures=True)


def _result(
    entry: Entry, prepared: Prepared | Problem, *, actor: Actor, dry_run: bool
) -> PersonaResult:
    email, name = entry.email, entry.name
    try:
        plan = _write(entry, prepared, actor=actor, dry_run=dry_run).plan
    except (Problem, SQLAlchemyError) as error:
        reason = problem_of(error).sentence
        return PersonaResult(email=email, name=name, outcome="failed", reason=reason)
    changed = tuple(plan.changed)
    return PersonaResult(email=email, name=name, outcome=plan.outcome, changed=changed)


def _write(entry: Entry, prepared: Prepared | Problem, *, actor: Actor, dry_run: bool) -> PutResult:
    if isinstance(prepared, Problem):
        raise prepared
    if dry_run:
        return prepared.result
    # None: the account was changed in the meantime, so prepare again
    committed = commit(prepared, actor=actor)
    return committed or put(*_credentials(entry), entry.description, actor=actor)


def _credentials(entry: Entry) -> tuple[str, str]:
    return entry.email, derived.password(current(Settings).seed_secret, entry.email)
