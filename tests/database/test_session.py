"""Transactions, pages and patterns on a real SQLite file."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.database.engine import db, wal_is_safe
from personas.database.session import page, read, write
from personas.database.types import new_id

Transaction = Callable[[], AbstractContextManager[None]]
notes = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("id", sa.String(36), primary_key=True, default=new_id),
    sa.Column("text", sa.Text),
)


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    """An application context, and a table of notes."""
    with app.app_context():
        with write():
            notes.create(db.session.connection())
        yield


def add(*texts: str) -> None:
    db.session.execute(sa.insert(notes), [{"text": text} for text in texts])


def texts() -> list[str | None]:
    """The texts of all notes, read in a separate transaction."""
    with read():
        return list(db.session.scalars(sa.select(notes.c.text).order_by(notes.c.id)))


def test_a_query_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(sa.exc.InvalidRequestError, match="Autobegin is disabled"):
        db.session.execute(sa.select(notes))


def test_a_write_commits_at_its_end() -> None:
    with write():
        add("kept")

    assert texts() == ["kept"]


def test_an_exception_rolls_back_a_write() -> None:
    def fail() -> None:
        with write():
            add("lost")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert texts() == []


def test_changes_in_a_read_are_not_kept() -> None:
    with read():
        add("lost")

    assert texts() == []


@pytest.mark.parametrize("inner", [read, write])
@pytest.mark.parametrize("outer", [read, write])
def test_transactions_do_not_nest(outer: Transaction, inner: Transaction) -> None:
    def nest() -> None:
        with outer():
            add("lost")
            with inner():
                add("lost too")

    with pytest.raises(sa.exc.InvalidRequestError, match="already begun"):
        nest()

    assert texts() == []


def test_after_a_failed_transaction_the_next_one_works() -> None:
    with pytest.raises(sa.exc.IntegrityError), write():
        db.session.execute(sa.insert(notes), [{"id": "same"}, {"id": "same"}])

    with write():
        add("kept")
    assert texts() == ["kept"]


def test_a_savepoint_is_rolled_back_alone() -> None:
    with write():
        add("kept")
        with db.session.begin_nested() as savepoint:
            add("lost")
            savepoint.rollback()

    assert texts() == ["kept"]


def test_a_rollback_after_a_savepoint_leaves_nothing() -> None:
    """Whether the savepoint was rolled back or released: by default SQLite's driver keeps both."""

    def fail() -> None:
        with write():
            with db.session.begin_nested() as savepoint:
                add("lost with the savepoint")
                savepoint.rollback()
            with db.session.begin_nested():
                add("lost in spite of its release")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert texts() == []


def test_foreign_keys_are_enforced_on_every_connection() -> None:
    with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"), write():
        db.session.execute(
            sa.text("INSERT INTO sessions VALUES ('s', 'nobody', 0, 'now', 'now', 'then')")
        )

    with db.engine.connect() as first, db.engine.connect() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_writers_wait_for_their_turn(app: Flask) -> None:
    """Each reads before it writes: deferred transactions would fail at once, not wait."""
    start = Barrier(2)
    with write():
        add("0")

    def count() -> None:
        with app.app_context():
            start.wait()
            for _ in range(100):
                with write():
                    number = int(db.session.execute(sa.select(notes.c.text)).scalar_one())
                    db.session.execute(sa.update(notes).values(text=str(number + 1)))

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(count) for _ in range(2)]:
            future.result()

    assert texts() == ["200"]


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    def read_texts() -> list[str | None]:
        with app.app_context():
            return texts()

    with ThreadPoolExecutor(1) as thread, write():
        add("not yet there")
        visible = thread.submit(read_texts).result(timeout=4)

    assert visible == []


@pytest.fixture
def five_notes() -> Iterator[list[str]]:
    """The ids of five notes, newest first, within a transaction."""
    with write():
        add("a", "b", "c", "d", "e")
    with read():
        yield list(db.session.scalars(sa.select(notes.c.id).order_by(notes.c.id.desc())))


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_contain_every_row_once_and_newest_first(five_notes: list[str], limit: int) -> None:
    ids, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        rows, cursor = page(sa.select(notes.c.id), notes.c.id, limit=limit, cursor=cursor)
        ids += [row.id for row in rows]
        pages += 1

    assert ids == five_notes
    assert pages == -(-5 // limit)  # so no page is empty


def test_without_a_limit_there_is_one_page(five_notes: list[str]) -> None:
    rows, cursor = page(sa.select(notes.c.id), notes.c.id, limit=None, cursor=None)

    assert [row.id for row in rows] == five_notes
    assert cursor is None


def test_a_page_without_rows_is_the_last(five_notes: list[str]) -> None:
    assert page(sa.select(notes.c.id), notes.c.id, limit=2, cursor=five_notes[-1]) == ([], None)


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 6, 23), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 99), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_it_is_safe(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe
