"""Make and delete accounts, the one way for people and personas."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.auth.session import LoggedIn, logged_in, open_session
from personas.database.engine import db
from personas.database.session import write
from personas.http.problems import Conflict
from personas.space.create import insert_personal
from personas.space.member import forget
from personas.state import current
from personas.user import service as users
from personas.user.email import local_part
from personas.user.models import User
from personas.user.password import Passwords
from personas.user.service import NoSuchUser
from personas.user.stamp import HUMAN, Stamp


class EmailTaken(Conflict):
    """Somebody has registered this e-mail already."""


class OtherDoor(Conflict):
    """This account is of a kind that is deleted elsewhere: personas under /admin/personas,
    people under /admin/users."""


def register(
    email: str,
    password: str,
    name: str | None = None,
    *,
    stamp: Stamp = HUMAN,
    actor: Actor | None = None,
) -> LoggedIn:
    """Make an account (`email` canonical) and log it in. Raises EmailTaken."""
    hashed = current(Passwords).hash(password)
    with write():
        user = create_account(email=email, name=name, hashed=hashed, stamp=stamp, actor=actor)
        session = open_session(user)
    return logged_in(user, session)


def create_account(
    *,
    email: str,
    name: str | None,
    hashed: str,
    stamp: Stamp,
    actor: Actor | None = None,
    seed_version: str | None = None,
    described: Mapping[str, Any] | None = None,
) -> User:
    """Insert an account and its personal space within the transaction at work, the one way for
    people and personas.

    `actor` is the account itself unless somebody else makes it; `described` is what the audit
    trail shall keep besides the account. Raises EmailTaken.
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
    insert_personal(user)
    itself = Actor(user.id, user.email)
    facts = users.facts(user) | dict(described or {})
    audit.record(f"{_noun(user.kind)}.create", actor=actor or itself, target=itself, after=facts)
    return user


def delete_account(user_id: str, *, persona: bool, actor: Actor) -> None:
    """Delete an account and all that hangs on it, if it is a persona, or if it is none. Spaces that
    it shared with others stay, and always have an owner.

    The condition stands in the statement itself. Raises NoSuchUser, OtherDoor, and LastAdmin.
    """
    with write():
        user = users.lock(user_id)
        if user is None:
            raise NoSuchUser
        if user.role == "admin":
            users.keep_an_admin(user.id)
        forget(user, actor=actor)
        is_kind = User.kind == "persona" if persona else User.kind != "persona"
        statement = sa.delete(User).where(User.id == user_id, is_kind).returning(User.id)
        if db.session.scalar(statement) is None:
            raise OtherDoor
        audit.record(
            f"{_noun(user.kind)}.delete",
            actor=actor,
            target=Actor(user.id, user.email),
            before=users.facts(user),
        )


def _noun(kind: str) -> str:
    return "persona" if kind == "persona" else "user"
