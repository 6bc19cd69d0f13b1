"""Spaces on both databases: what their migration creates, and what raw SQL cannot store."""

import importlib.util
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from personas.auth import service as auth
from personas.database import schema
from personas.database.engine import db
from personas.database.session import read
from personas.database.types import new_id
from personas.space.models import Space
from personas.space.slug import RESERVED, slug_of
from personas.user.email import local_part
from tests.database.conftest import Alembic
from tests.database.raw import ANN, BOB, EVE, Raw
from tests.people import PASSWORD

[MIGRATION] = (schema.migrations() / "versions").glob("*_spaces.py")
BEFORE = f"{int(MIGRATION.name[:4]) - 1:04}"
EMAILS = [
    "ann@example.org",
    "ann@example.com",
    "ann-2@example.org",
    "ann@example.net",
    "admin@example.org",
    "a.b+c@example.org",
    "!@example.org",
    f"{'a' * 40}@example.org",
    f"{'a' * 41}@example.org",
]
SLUGS = ["ann", "ann-2", "ann-2-2", "ann-3", "admin-2", "a-b-c", "space", "a" * 30, "a" * 28 + "-2"]


def test_the_migration_creates_a_personal_space_for_each_account(
    database: Flask, alembic: Alembic
) -> None:
    alembic(database, "downgrade", BEFORE)
    insert = sa.text(
        "INSERT INTO users (id, email, name, kind) VALUES (:id, :email, :name, 'human')"
    )
    with database.app_context(), db.engine.begin() as connection:
        for email in EMAILS:
            connection.execute(insert, {"id": new_id(), "email": email, "name": email})
    alembic(database, "upgrade", "head")

    with database.app_context(), read():
        query = sa.text("""
            SELECT users.email, spaces.slug, spaces.name, spaces.type, space_members.role,
                spaces.created_at = users.created_at
            FROM users JOIN spaces ON spaces.personal_of = users.id
            JOIN space_members ON space_members.space_id = spaces.id
                AND space_members.user_id = users.id
            ORDER BY users.id
        """)
        rows = [tuple(row) for row in db.session.execute(query)]
    assert rows == [
        (email, slug, email, "personal", "owner", True)
        for email, slug in zip(EMAILS, SLUGS, strict=True)
    ]


def test_the_migration_builds_the_same_slugs_as_the_service(database: Flask) -> None:
    spec = importlib.util.spec_from_file_location("spaces", MIGRATION)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    with database.app_context():
        for email in EMAILS:
            auth.register(email, PASSWORD)
        with read():
            slugs = list(db.session.scalars(sa.select(Space.slug).order_by(Space.id)))
    assert frozenset(module.RESERVED.split()) == RESERVED
    assert module.slugs_of(EMAILS) == slugs == SLUGS
    assert slug_of(local_part(EMAILS[5])) == SLUGS[5]


SPACE_ID = "01990000-0000-7000-8000-0000000000aa"
SPACE = "INSERT INTO spaces (id, name, folded_name, slug, type, personal_of, created_at) VALUES"
REFUSED = [
    ("x", "Us", "us", "club", "NULL"),
    (SPACE_ID.upper(), "Us", "us", "club", "NULL"),
    (EVE, "", "us", "club", "NULL"),
    (EVE, "Us", "", "club", "NULL"),
    (EVE, "Us", "Us", "club", "NULL"),
    (EVE, "Us", "a.b", "club", "NULL"),
    (EVE, "Us", "u" * 31, "club", "NULL"),
    (EVE, "Us", "us", "house", "NULL"),
    (EVE, "Us", "us", "personal", "NULL"),
    (EVE, "Us", "us", "club", f"'{ANN}'"),
    (EVE, "Us", "ours", "club", "NULL"),  # taken
    (EVE, "Us", "us", "personal", f"'{BOB}'"),  # has one
]


@pytest.mark.parametrize("values", REFUSED, ids=str)
def test_raw_sql_cannot_store_an_invalid_space(raw: Raw, values: tuple[str, ...]) -> None:
    raw.run("DELETE FROM spaces")
    raw.run(f"{SPACE} ('{SPACE_ID}', 'Us', 'us', 'ours', 'club', NULL, current_timestamp)")
    raw.run(f"{SPACE} ('{BOB}', 'Bob', 'bob', 'bob', 'personal', '{BOB}', current_timestamp)")
    space_id, name, slug, kind, owner = values

    with pytest.raises(raw.refusal):
        raw.run(
            f"{SPACE} ('{space_id}', '{name}', '', '{slug}', '{kind}', {owner}, current_timestamp)"
        )

    assert raw.run("SELECT count(*) FROM spaces") == [(2,)]


def test_raw_sql_cannot_store_two_open_invitations_for_an_email(raw: Raw) -> None:
    def invite(invitation_id: str) -> str:
        values = f"'{invitation_id}', '{SPACE_ID}', 'eve@example.org', 'member', '{ANN}'"
        columns = "(id, space_id, email, role, invited_by, expires_at)"
        return f"INSERT INTO space_invitations {columns} VALUES ({values}, current_timestamp)"

    raw.run("DELETE FROM space_invitations")
    raw.run("DELETE FROM spaces")
    raw.run(f"{SPACE} ('{SPACE_ID}', 'Us', 'us', 'ours', 'club', NULL, current_timestamp)")
    raw.run(invite(ANN))

    with pytest.raises(raw.refusal):
        raw.run(invite(BOB))
    raw.run("UPDATE space_invitations SET accepted_at = current_timestamp")
    raw.run(invite(BOB))
