"""What an admin's session may do: manage personas, look accounts and spaces up."""

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
PAGE = 1000  # rows of a list at a time

T = TypeVar("T")


class AdminClient:
    """The admin's part of the API, in an admin's session. Every call raises ClientError."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_persona(self, persona: Mapping[str, object], *, dry_run: bool = False) -> PutAnswer:
        """Create or update a persona as described, by wire names (contract, section 3)."""
        query = {"dryRun": "true"} if dry_run else None
        return self._session.call("POST", PERSONAS, PutAnswer, json=persona, params=query)

    def personas(self, *, limit: int | None = None) -> list[PersonaRow]:
        """The newest personas first; all of them without `limit`."""
        query = None if limit is None else {"limit": limit}
        return self._session.call("GET", PERSONAS, PersonaPage, params=query).rows

    def persona(self, user_id: str) -> PersonaDetail:
        """One persona with its description."""
        return self._session.call("GET", f"{PERSONAS}/{user_id}", PersonaAnswer).persona

    def delete_persona(self, user_id: str) -> None:
        """Delete a persona and everything that belongs to it; no error if it is gone already."""
        try:
            answer = self._session.call("DELETE", f"{PERSONAS}/{user_id}", Deleted)
        except ProblemError as error:
            if error.status == 404:
                return
            raise
        if answer.deleted != user_id:
            raise self._session.unexpected("it deleted another persona")

    def account(self, email: str) -> Account | None:
        """The account with this canonical e-mail."""
        accounts = self._rows(USERS, AccountPage, {"kind": "all", "q": email})
        return next((account for account in accounts if account.email == email), None)

    def spaces(self, space_type: str, q: str | None = None) -> Iterator[SpaceRow]:
        """The spaces of a type, the newest first; with `q` in their name or slug."""
        query = {"type": space_type} if q is None else {"type": space_type, "q": q}
        return self._rows(SPACES, SpacePage, query)

    def _rows(self, path: str, answer: type[Page[T]], query: Mapping[str, str]) -> Iterator[T]:
        """The rows of all pages. A list may never end where a page is empty but not the last, or
        where a cursor comes twice: it is refused."""
        cursor: dict[str, str] = {}
        seen = set()
        while True:
            params = {**query, "limit": PAGE, **cursor}
            page = self._session.call("GET", path, answer, params=params)
            yield from page.rows
            if page.next_cursor is None:
                return
            if page.next_cursor in seen or not page.rows:
                raise self._session.unexpected("a list without an end")
            seen.add(page.next_cursor)
            cursor = {"cursor": page.next_cursor}
