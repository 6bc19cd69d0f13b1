"""The admin's part of the API: manage personas, look up accounts and spaces."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from personas.client.accounts import Session
from personas.client.answers import (
    Account,
    AccountPage,
    Deleted,
    Page,
    PersonaAnswer,
    PersonaDetail,
    PersonaPage,
    PersonaRow,
    PutAnswer,
    SpacePage,
    SpaceRow,
)
from personas.client.errors import ProblemError

PERSONAS = "/api/v1/admin/personas"
USERS = "/api/v1/admin/users"
SPACES = "/api/v1/admin/spaces"
PAGE = 1000  # rows of one page

T = TypeVar("T")


class AdminClient:
    """The admin's part of the API, in an admin's session. Every method raises ClientError."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_persona(self, persona: Mapping[str, object], *, dry_run: bool = False) -> PutAnswer:
        """Create or update a persona. `persona` is the request body (contract, section 3)."""
        query = {"dryRun": "true"} if dry_run else None
        return self._session.call("POST", PERSONAS, PutAnswer, json=persona, params=query)

    def personas(self, *, limit: int | None = None) -> list[PersonaRow]:
        """Return the newest personas first; without `limit`, all of them."""
        query = None if limit is None else {"limit": limit}
        return self._session.call("GET", PERSONAS, PersonaPage, params=query).rows

    def persona(self, user_id: str) -> PersonaDetail:
        """Return one persona with its description."""
        return self._session.call("GET", f"{PERSONAS}/{user_id}", PersonaAnswer).persona

    def delete_persona(self, user_id: str) -> None:
        """Delete a persona and all its data; no error if it does not exist."""
        try:
            answer = self._session.call("DELETE", f"{PERSONAS}/{user_id}", Deleted)
        except ProblemError as error:
            if error.status == 404:
                return
            raise
        if answer.deleted != user_id:
            raise self._session.unexpected("it deleted another persona")

    def account(self, email: str) -> Account | None:
        """Return the account with this canonical e-mail."""
        accounts = self._rows(USERS, AccountPage, {"kind": "all", "q": email})
        return next((account for account in accounts if account.email == email), None)

    def spaces(self, space_type: str, q: str | None = None) -> Iterator[SpaceRow]:
        """Yield the spaces of a type, newest first; `q` is part of a name or slug."""
        query = {"type": space_type} if q is None else {"type": space_type, "q": q}
        return self._rows(SPACES, SpacePage, query)

    def _rows(self, path: str, answer: type[Page[T]], query: Mapping[str, str]) -> Iterator[T]:
        """Yield the rows of all pages. Raises UnexpectedAnswer for a list that may never end: an
        empty page that is not the last, or a repeated cursor."""
        cursor: dict[str, str] = {}
        seen = set()
        while True:
            params = {**query, "limit": PAGE, **cursor}
            page = self._session.call("GET", path, answer, params=params)
            yield from page.rows
            if page.next_cursor is None:
                return
            if page.next_cursor in seen or not page.rows:
                raise self._session.unexpected("its list does not end")
            seen.add(page.next_cursor)
            cursor = {"cursor": page.next_cursor}
