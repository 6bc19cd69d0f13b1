"""Mailed links: to prove a mailbox, and to set a forgotten password (contract, section 2).

A link's token is signed and expires; it is good once, because it carries what using it changes.
"""

import hashlib
from collections.abc import Mapping

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from personas.audit import service as audit
from personas.audit.service import Actor
from personas.auth.mail import Outbox
from personas.auth.session import end_sessions
from personas.config.settings import Settings
from personas.database import clock
from personas.database.engine import db
from personas.database.session import read, write
from personas.http.problems import Invalid
from personas.state import current
from personas.user import service as users
from personas.user.models import User
from personas.user.password import Passwords

VERIFY, RESET = "verify-email", "reset-password"
LIFETIMES = {VERIFY: 3 * 24 * 3600, RESET: 3600}  # seconds
SPOKEN = {VERIFY: "three days", RESET: "one hour"}
SUBJECTS = {VERIFY: "Confirm your e-mail address", RESET: "Set a new password"}
TEXTS = {
    VERIFY: "Somebody has signed up with this address. If it was you, confirm it here:",
    RESET: "Somebody has asked for a new password. If it was you, set it here:",
}


def send_verification(user: User) -> None:
    """Write to a new account, in the background; never to a persona."""
    if user.kind == "human":
        current(Outbox).later(lambda: _send(VERIFY, user))


def forgot(email: str) -> None:
    """Write to whoever has this e-mail, if anybody. All of it happens in the background, so that
    the answer tells nobody whether there is such an account."""
    current(Outbox).later(lambda: _send_reset(email))


def verify(token: str, *, user: User) -> User:
    """Confirm the e-mail of the account that is logged in: it takes mailbox and session.

    Raises Invalid on `token` for one that is not good, spent, expired or somebody else's.
    """
    shown = _read(VERIFY, token)
    with write():
        found = users.lock(user.id)
        if found is None or found.email_verified or shown != _state(VERIFY, found):
            raise _bad_token()
        found.verifications += 1
        users.change(found, {"email_verified": True})
        itself = Actor(found.id, found.email)
        audit.record(
            "user.verify",
            actor=itself,
            target=itself,
            before={"emailVerified": False},
            after={"emailVerified": True},
        )
    return found


def reset(token: str, password: str) -> None:
    """Set a new password, confirm the e-mail, end all sessions.

    Raises Invalid on `token` for one that is not good, spent or expired.
    """
    shown = _read(RESET, token)
    with read():
        seen = db.session.get(User, shown["id"])
    if seen is None or shown != _state(RESET, seen):
        raise _bad_token()  # before any hashing; and again below
    hashed = current(Passwords).hash(password)
    with write():
        user = users.lock(shown["id"])
        if user is None or shown != _state(RESET, user):
            raise _bad_token()
        user.password_hash, user.seed_version = hashed, None
        user.updated_at = clock.now()
        before = users.change(user, {"email_verified": True})
        end_sessions(user.id)
        itself = Actor(user.id, user.email)
        audit.record(
            "user.reset-password",
            actor=itself,
            target=itself,
            before={"emailVerified": not before},
            after={"emailVerified": True, "password": "replaced"},
        )


def _send_reset(email: str) -> None:
    user = users.find(email)
    if user is not None and user.kind == "human":
        _send(RESET, user)


def _send(purpose: str, user: User) -> None:
    token = _serializer(purpose).dumps(_state(purpose, user))
    # after the #, so that it stands in no log and no Referer
    link = f"{current(Settings).url}/{purpose}#token={token}"
    ending = f"The link is good once, for {SPOKEN[purpose]}. If it was not you, do nothing."
    current(Outbox).send(user.email, SUBJECTS[purpose], f"{TEXTS[purpose]}\n\n{link}\n\n{ending}\n")


def _state(purpose: str, user: User) -> dict[str, object]:
    """What a link is about, and what changes when it is used."""
    if purpose == VERIFY:
        return {"id": user.id, "verifications": user.verifications}
    stored = str(user.password_hash).encode()
    return {"id": user.id, "password": hashlib.sha256(stored).hexdigest()[:16]}


def _read(purpose: str, token: str) -> Mapping[str, str]:
    try:
        shown: Mapping[str, str] = _serializer(purpose).loads(token, max_age=LIFETIMES[purpose])
    except BadData:
        raise _bad_token() from None
    return shown


def _bad_token() -> Invalid:
    return Invalid({"token": ["This link is not good, has been used, or has expired."]})


class _Signer(TimestampSigner):
    """Signs with SHA-256, by the service's clock."""

    default_digest_method = staticmethod(hashlib.sha256)

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current(Settings).secret_key, salt=f"personas.{purpose}", signer=_Signer
    )
