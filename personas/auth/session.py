"""Sessions: log in, refresh, identify the caller, log out."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from personas.audit.service import Actor
from personas.auth import token
from personas.auth.models import Session
from personas.config.settings import Settings
from personas.database import clock
from personas.database.engine import db
from personas.database.session import read, write
from personas.database.types import new_id
from personas.http.problems import Unauthorized
from personas.state import current
from personas.user import service as users
from personas.user.models import User
from personas.user.password import Passwords

IDLE = timedelta(days=7)  # a session ends this long after its last refresh
LIFE = timedelta(days=30)  # and this long after its login at the latest
GRACE = timedelta(seconds=10)  # a used refresh token still returns its successor this long


class WrongCredentials(Unauthorized):
    """E-mail or password is wrong."""


class BadCredential(Unauthorized):
    """The token or session cookie is invalid or expired. Log in again."""


@dataclass(frozen=True)
class LoggedIn:
    """A session and its tokens; the access token is valid for `expires_in` seconds."""

    user: User
    session_id: str
    access_token: str
    refresh_token: str
    expires_in: int = token.LIFETIME

    @property
    def token(self) -> str:
        return self.access_token


@dataclass(frozen=True)
class Caller:
    """The caller of a request: its account, as it is stored now, and its session."""

    user: User
    session_id: str

    @property
    def actor(self) -> Actor:
        return Actor(self.user.id, self.user.email)


def login(
    email: str, password: str, *, attempt: AbstractContextManager[None] | None = None
) -> LoggedIn:
    """Check a password and open a session. `attempt` is entered when a core is free for hashing,
    and sees WrongCredentials if the password is wrong.

    Raises WrongCredentials. An unknown e-mail gives the same error after the same time.
    """
    user = users.find(email)
    stored = user.password_hash if user else None
    passwords = current(Passwords)
    with passwords.hold_core(), attempt or nullcontext():
        if not passwords.matches(password, stored):
            raise WrongCredentials
    return open_session_for(email, password_hash=stored)


def open_session_for(email: str, *, password_hash: str | None = None) -> LoggedIn:
    """Open a session for an account without checking a password. If `password_hash` is given, it
    must still be the stored one. Raises WrongCredentials."""
    with write():
        user = db.session.scalar(sa.select(User).where(User.email == email).with_for_update())
        if user is None or password_hash not in (None, user.password_hash):
            raise WrongCredentials
        session = insert_session(user)
    return issue_tokens(user, session)


def insert_session(user: User) -> Session:
    """Insert a session in the current transaction, and delete all expired ones."""
    now = clock.now()
    db.session.execute(sa.delete(Session).where(Session.expires_at <= now))
    session = Session(
        id=new_id(),
        user_id=user.id,
        generation=0,
        created_at=now,
        refreshed_at=now,
        expires_at=now + IDLE,
    )
    db.session.add(session)
    return session


def refresh(refresh_token: str) -> LoggedIn:
    """Exchange a refresh token for its successor.

    A used token returns the same successor for 10 seconds, as long as that is unused. Any other
    reuse counts as theft and ends the session. Raises BadCredential (contract, section 2).
    """
    try:
        session_id, number = token.read_refresh(current(Settings), refresh_token)
    except token.BadToken:
        raise BadCredential from None
    with write():
        now = clock.now()
        query = sa.select(Session).where(Session.id == session_id, Session.expires_at > now)
        session = db.session.scalar(query.with_for_update())
        if session is None:
            raise BadCredential
        user = db.session.get_one(User, session.user_id)
        if number == session.generation:
            session.generation += 1
            session.refreshed_at = now
            session.expires_at = min(now + IDLE, session.created_at + LIFE)
        is_stolen = number != session.generation - 1 or now - session.refreshed_at > GRACE
        if is_stolen:
            db.session.delete(session)
    if is_stolen:
        raise BadCredential
    return issue_tokens(user, session)


def caller_by_token(access_token: str) -> Caller:
    """Return the caller with this access token, read from the database. Raises BadCredential."""
    try:
        user_id, session_id = token.read_access(current(Settings), access_token, now=clock.now())
    except token.BadToken:
        raise BadCredential from None
    return _caller(session_id, user_id)


def caller_by_cookie(cookie: str) -> Caller:
    """Return the caller with this session cookie, read from the database. Raises BadCredential."""
    try:
        return _caller(token.read_cookie(current(Settings), cookie))
    except token.BadToken:
        raise BadCredential from None


def _caller(session_id: str, user_id: str | None = None) -> Caller:
    query = (
        sa.select(User)
        .join(Session, Session.user_id == User.id)
        .where(Session.id == session_id, Session.expires_at > clock.now())
    )
    with read():
        user = db.session.scalar(query)
    if user is None or user_id not in (None, user.id):
        raise BadCredential
    return Caller(user, session_id)


def logout(session_id: str) -> None:
    """End one session: its cookie and all its tokens become invalid at once."""
    with write():
        db.session.execute(sa.delete(Session).where(Session.id == session_id))


def end_sessions(user_id: str) -> None:
    """End all sessions of an account, in the current transaction."""
    db.session.execute(sa.delete(Session).where(Session.user_id == user_id))


def issue_tokens(user: User, session: Session) -> LoggedIn:
    """Sign the tokens of a committed session."""
    return LoggedIn(
        user=user,
        session_id=session.id,
        access_token=token.sign_access(current(Settings), user, session.id, now=clock.now()),
        refresh_token=token.sign_refresh(current(Settings), session.id, session.generation),
    )
