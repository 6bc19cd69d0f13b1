"""Up, down and up again, on each database: the migrations create exactly the models."""

import ast
import re
from collections.abc import Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from personas.database import schema
from personas.database.engine import db
from personas.database.types import Base
from tests.database.conftest import Alembic

VERSIONS = sorted((schema.migrations() / "versions").glob("*.py"))


def differences() -> list[Any]:
    """The changes that alembic would still make, without the version table."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": default_differs,
                "include_name": lambda name, kind, _: (
                    (kind, name) != ("table", schema.VERSION_TABLE)
                ),
            },
        )
        return list(compare_metadata(context, Base.metadata))


def default_differs(*compared: Any) -> bool | None:
    """None leaves the comparison to alembic, which misreads the empty default of SQLite."""
    _context, _inspected, _declared, stored, _clause, declared = compared
    return False if (stored, declared) == ("('')", "") else None


def checks(constraints: Iterable[Any]) -> dict[Any, str]:
    return {check["name"]: re.sub(r"\s+", " ", check["sqltext"]) for check in constraints}


def stored_checks() -> dict[str, dict[Any, str]]:
    """The CHECK constraints of each table, by name."""
    inspector = sa.inspect(db.engine)
    return {
        table: checks(inspector.get_check_constraints(table))
        for table in inspector.get_table_names()
        if table != schema.VERSION_TABLE
    }


def declared_checks() -> dict[str, dict[Any, str]]:
    return {
        table.name: checks(
            {"name": check.name, "sqltext": str(check.sqltext)}
            for check in table.constraints
            if isinstance(check, sa.CheckConstraint)
        )
        for table in Base.metadata.tables.values()
    }


def test_there_is_one_head_and_it_is_known_without_alembic() -> None:
    heads = ScriptDirectory(str(schema.migrations())).get_heads()

    assert heads == [schema.head()]


def test_revisions_are_numbered_consecutively() -> None:
    script = ScriptDirectory(str(schema.migrations()))
    numbers = [f"{number:04}" for number in range(1, len(VERSIONS) + 1)]

    chain = [(entry.revision, entry.down_revision) for entry in script.walk_revisions()]

    assert [path.name[:4] for path in VERSIONS] == numbers
    assert all(re.fullmatch(r"[0-9]{4}_[a-z0-9_]+\.py", path.name) for path in VERSIONS)
    assert chain[::-1] == list(zip(numbers, [None, *numbers], strict=False))


@pytest.mark.parametrize("path", [*VERSIONS, schema.migrations() / "env.py"], ids=lambda p: p.stem)
def test_a_migration_does_not_import_the_application(path: Any) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))

    assert {name.partition(".")[0] for name in imported} <= {"alembic", "sqlalchemy"}


def test_upgrading_an_empty_database_gives_exactly_the_models(database: Flask) -> None:
    with database.app_context():
        assert differences() == []


def test_the_check_names_match_the_models(database: Flask) -> None:
    with database.app_context():
        stored = stored_checks()

    assert {table: set(constraints) for table, constraints in stored.items()} == {
        table: set(constraints) for table, constraints in declared_checks().items()
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_check_conditions_match_the_models(database: Flask) -> None:
    """Exactly equal; PostgreSQL rewrites them."""
    with database.app_context():
        assert stored_checks() == declared_checks()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_tables_without_rowid_match_the_models(database: Flask) -> None:
    statement = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%'"
    with database.app_context(), db.engine.connect() as connection:
        stored = set(connection.execute(sa.text(statement)).scalars())

    assert stored == {
        table.name
        for table in Base.metadata.tables.values()
        if not table.dialect_options["sqlite"]["with_rowid"]
    }
    assert {"users", "personas"} <= stored


def test_a_downgrade_to_base_leaves_only_the_version_table(
    database: Flask, alembic: Alembic
) -> None:
    alembic(database, "downgrade", "base")

    with database.app_context(), db.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == [schema.VERSION_TABLE]
        assert schema.current_revision(connection) is None
        if connection.dialect.name == "postgresql":
            functions = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'users%'"
            assert connection.scalar(sa.text(functions)) == 0


def test_an_upgrade_works_again_after_a_downgrade(database: Flask, alembic: Alembic) -> None:
    alembic(database, "downgrade", "base")

    with database.app_context():
        assert schema.upgrade() == schema.head()
        assert differences() == []
        assert {table: set(constraints) for table, constraints in stored_checks().items()} == {
            table: set(constraints) for table, constraints in declared_checks().items()
        }


def test_a_second_upgrade_changes_nothing(database: Flask) -> None:
    with database.app_context():
        assert schema.upgrade() == schema.head()
        assert differences() == []


def test_a_failed_migration_leaves_nothing_behind(empty_database: Flask) -> None:
    """One transaction covers all migrations, on SQLite too: a late migration creates this table."""
    with empty_database.app_context():
        with db.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE audit_events (id INTEGER)"))

        with pytest.raises(sa.exc.DBAPIError, match="already exists"):
            schema.upgrade()

        assert sa.inspect(db.engine).get_table_names() == ["audit_events"]
