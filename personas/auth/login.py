"""Log in with a password, for the API and for pages, with the same metrics and limits."""

from personas.auth import limit, session
from personas.auth.guard import is_trusted
from personas.auth.session import LoggedIn
from personas.ops import metrics


def log_in(email: str, password: str) -> LoggedIn:
    """Check a password and open a session. Raises WrongCredentials, TooMany, and Unavailable when
    too many passwords wait to be hashed."""
    with metrics.login():
        attempt = limit.login(email, exempt=is_trusted())
        return session.login(email, password, attempt=attempt)
