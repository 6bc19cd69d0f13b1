"""Mailed links: to confirm an e-mail, and to reset a password (contract, section 2).

The token of a link is signed and expires. It works once, because it contains a value that using it
changes.
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
LIFETIME_TEXTS = {VERIFY: "three days", RESET: "one hour"}
SUBJECTS = {VERIFY: "Confirm your e-mail address", RESET: "Set a new password"}
TEXTS = {
    VERIFY: "Someone registered with this e-mail address. If it was you, confirm it here:",
    RESET: "Someone requested a new password for your account. If it was you, set it here:",
}


def send_verification(user: User) -> None:
    """Mail a new account a link to confirm its e-mail, in the background; never to a persona."""
    if user.kind == "human":
        current(Outbox).later(lambda: _send(VERIFY, user))


def send_reset(email: str) -> None:
    """Mail the account with this e-mail, if there is one, a link to reset its password.

    Even the lookup runs in the background, so that the time of an answer does not reveal whether
    the account exists.
    """
    current(Outbox).later(lambda: _send_reset_now(email))


def verify(token: str, *, user: User) -> User:
    """Confirm the e-mail of the logged-in account: this requires both the mailbox and a session.

    Raises Invalid on `token` if it is invalid, used, expired or another account's.
    """
    payload = _read(VERIFY, token)
    with write():
        locked = users.lock(user.id)
        if locked is None or locked.email_verified or payload != _payload(VERIFY, locked):
            raise _invalid_token()
        locked.verifications += 1
        users.change(locked, {"email_verified": True})
        account = Actor(locked.id, locked.email)
        audit.record(
            "user.verify",
            actor=account,
            target=account,
            before={"emailVerified": False},
            after={"emailVerified": True},
        )
    return locked


def reset(token: str, password: str) -> None:
    """Set a new password, confirm the e-mail, and end all sessions.

    Raises Invalid on `token` if it is invalid, used or expired.
    """
    payload = _read(RESET, token)
    with read():
        stored = db.session.get(User, payload["id"])
    if stored is None or payload != _payload(RESET, stored):
        raise _invalid_token()  # before hashing, which is slow; checked again in the write
    hashed = current(Passwords).hash(password)
    with write():
        user = users.lock(payload["id"])
        if user is None or payload != _payload(RESET, user):
            raise _invalid_token()
        user.password_hash, user.seed_version = hashed, None
        user.updated_at = clock.now()
        newly_verified = bool(users.change(user, {"email_verified": True}))
        end_sessions(user.id)
        account = Actor(user.id, user.email)
        audit.record(
            "user.reset-password",
            actor=account,
            target=account,
            before={"emailVerified": not newly_verified},
            after={"emailVerified": True, "password": "replaced"},
        )


def _send_reset_now(email: str) -> None:
    user = users.find(email)
    if user is not None and user.kind == "human":
        _send(RESET, user)


def _send(purpose: str, user: User) -> None:
    token = _serializer(purpose).dumps(_payload(purpose, user))
    # after the #, so that it is in no log and no Referer header
    link = f"{current(Settings).url}/{purpose}#token={token}"
    ending = (
        f"The link is valid for {LIFETIME_TEXTS[purpose]} and works once. "
        "If it was not you, ignore this e-mail."
    )
    current(Outbox).send(user.email, SUBJECTS[purpose], f"{TEXTS[purpose]}\n\n{link}\n\n{ending}\n")


def _payload(purpose: str, user: User) -> dict[str, object]:
    """The account's id, and a value that changes when the link is used."""
    if purpose == VERIFY:
        return {"id": user.id, "verifications": user.verifications}
    password_hash = str(user.password_hash).encode()
    return {"id": user.id, "password": hashlib.sha256(password_hash).hexdigest()[:16]}


def _read(purpose: str, token: str) -> Mapping[str, str]:
    try:
        payload: Mapping[str, str] = _serializer(purpose).loads(token, max_age=LIFETIMES[purpose])
    except BadData:
        raise _invalid_token() from None
    return payload


def _invalid_token() -> Invalid:
    return Invalid({"token": ["This link is invalid, has been used, or has expired."]})


class _Signer(TimestampSigner):
    """Signs with SHA-256, by the service's clock."""

    default_digest_method = staticmethod(hashlib.sha256)

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current(Settings).secret_key, salt=f"personas.{purpose}", signer=_Signer
    )
