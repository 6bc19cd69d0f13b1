"""Create and delete accounts, in the same way for people and personas."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.auth.session import LoggedIn, insert_session, issue_tokens
from personas.database.engine import db
from personas.database.session import write
from personas.http.problems import Conflict
from personas.space.create import insert_personal_space
from personas.space.member import leave_all_spaces
from personas.state import current
from personas.user import service as users
from personas.user.email import local_part
from personas.user.models import User
from personas.user.password import Passwords
from personas.user.service import NoSuchUser
from personas.user.stamp import HUMAN, Stamp


class EmailTaken(Conflict):
    """This e-mail is already registered."""


class WrongAccountKind(Conflict):
    """Personas are deleted under /admin/personas, all other accounts under /admin/users."""


def register(
    email: str,
    password: str,
    name: str | None = None,
    *,
    stamp: Stamp = HUMAN,
    actor: Actor | None = None,
) -> LoggedIn:
    """Create an account (`email` canonical) and log it in. Raises EmailTaken."""
    hashed = current(Passwords).hash(password)
    with write():
        user = create_account(email=email, name=name, hashed=hashed, stamp=stamp, actor=actor)
        session = insert_session(user)
    return issue_tokens(user, session)


def create_account(
    *,
    email: str,
    name: str | None,
    hashed: str,
    stamp: Stamp,
    actor: Actor | None = None,
    seed_version: str | None = None,
    descriptor: Mapping[str, Any] | None = None,
) -> User:
    """Insert an account and its personal space in the current transaction.

    `actor` is the new account itself by default. `descriptor` holds the values of a persona, by
    wire name, for the audit trail. Raises EmailTaken.
    """
    user = users.insert_user(
        email=email,
        name=name or local_part(email),
        password_hash=hashed,
        seed_version=seed_version,
        stamp=stamp,
    )
    if user is None:
        raise EmailTaken
    insert_personal_space(user)
    account = Actor(user.id, user.email)
    after = users.audit_values(user) | dict(descriptor or {})
    action = f"{_subject(user.kind)}.create"
    audit.record(action, actor=actor or account, target=account, after=after)
    return user


def delete_account(user_id: str, *, is_persona: bool, actor: Actor) -> None:
    """Delete an account and all its data. Spaces that it shared with others stay, with an owner.

    `is_persona` is the expected kind; the DELETE statement itself checks it. Raises NoSuchUser,
    WrongAccountKind, LastAdmin.
    """
    with write():
        user = users.lock(user_id)
        if user is None:
            raise NoSuchUser
        if user.role == "admin":
            users.require_another_admin(user.id)
        leave_all_spaces(user, actor=actor)
        is_expected = User.kind == "persona" if is_persona else User.kind != "persona"
        statement = sa.delete(User).where(User.id == user_id, is_expected).returning(User.id)
        if db.session.scalar(statement) is None:
            raise WrongAccountKind
        audit.record(
            f"{_subject(user.kind)}.delete",
            actor=actor,
            target=Actor(user.id, user.email),
            before=users.audit_values(user),
        )


def _subject(kind: str) -> str:
    """The first part of an audit action."""
    return "persona" if kind == "persona" else "user"
