"""Sessions: log in, refresh, who asks, log out."""

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
GRACE = timedelta(seconds=10)  # a spent refresh token answers its successor: a lost answer


class WrongCredentials(Unauthorized):
    """E-mail or password is wrong."""


class BadCredential(Unauthorized):
    """The token or cookie is not good, or its session has ended. Log in again."""


@dataclass(frozen=True)
class LoggedIn:
    """A session as its client needs it; `expires_in` counts the seconds of the access token."""

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
    """Who asks: an account as it is now, and the session it asks in."""

    user: User
    session_id: str

    @property
    def actor(self) -> Actor:
        return Actor(self.user.id, self.user.email)


def login(
    email: str, password: str, *, attempt: AbstractContextManager[None] | None = None
) -> LoggedIn:
    """Check a password and open a session. `attempt` is entered once it is this login's turn to
    hash, and left by WrongCredentials if the password is wrong.

    Raises WrongCredentials, the same and in the same time for an unknown e-mail.
    """
    found = users.find(email)
    stored = found.password_hash if found else None
    passwords = current(Passwords)
    with passwords.turn(), attempt or nullcontext():
        if not passwords.matches(password, stored):
            raise WrongCredentials
    return open_for(email, password_hash=stored)


def open_for(email: str, *, password_hash: str | None = None) -> LoggedIn:
    """Open a session for an account, if its password is still the one that was checked (None:
    nothing was). Raises WrongCredentials where it is not."""
    with write():
        user = db.session.scalar(sa.select(User).where(User.email == email).with_for_update())
        if user is None or password_hash not in (None, user.password_hash):
            raise WrongCredentials
        session = open_session(user)
    return logged_in(user, session)


def open_session(user: User) -> Session:
    """Start a session within the transaction at work, and forget those that have expired."""
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
    """Spend a refresh token for its successor.

    A spent one answers the same successor for 10 seconds while that is unused; any later use
    is theft and ends the session. Raises BadCredential (contract, section 2).
    """
    try:
        session_id, number = token.read_refresh(current(Settings), refresh_token)
    except token.BadToken:
        raise BadCredential from None
    with write():
        now = clock.now()
        alive = sa.select(Session).where(Session.id == session_id, Session.expires_at > now)
        session = db.session.scalar(alive.with_for_update())
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
    return logged_in(user, session)


def caller_by_token(access_token: str) -> Caller:
    """Who shows this access token, read anew. Raises BadCredential."""
    try:
        user_id, session_id = token.read_access(current(Settings), access_token, now=clock.now())
    except token.BadToken:
        raise BadCredential from None
    return _caller(session_id, user_id)


def caller_by_cookie(cookie: str) -> Caller:
    """Who shows this session cookie, read anew. Raises BadCredential."""
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
    """End one session: its cookie and all its tokens are dead at once."""
    with write():
        db.session.execute(sa.delete(Session).where(Session.id == session_id))


def end_sessions(user_id: str) -> None:
    """End all sessions of an account within the transaction at work."""
    db.session.execute(sa.delete(Session).where(Session.user_id == user_id))


def logged_in(user: User, session: Session) -> LoggedIn:
    """Sign what the client of a committed session needs."""
    return LoggedIn(
        user=user,
        session_id=session.id,
        access_token=token.sign_access(current(Settings), user, session.id, now=clock.now()),
        refresh_token=token.sign_refresh(current(Settings), session.id, session.generation),
    )
