"""Activity of personas: actions, ratings, their counts, and the daily totals that pruning keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOST = 2**31 - 1
TABLES = ("feedback_days", "action_days", "action_counts", "persona_feedback", "persona_actions")


def upgrade() -> None:
    _actions()
    _feedback()
    _counts()
    _days()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _actions() -> None:
    op.create_table(
        "persona_actions",
        *_persona("persona_actions"),
        sa.Column("tick_id", sa.String(255), nullable=False),
        sa.Column("batch", sa.String(64), server_default="", nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("tool_name", sa.String(200), nullable=False),
        sa.Column("input_hash", sa.String(128)),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("error_message", sa.String(2000)),
        sa.Column("latency_ms", sa.Integer()),
        *_moment(),
        sa.PrimaryKeyConstraint("persona_id", "tick_id", "batch", "seq", name="pk_persona_actions"),
        _check("persona_actions", "result", "result IN ('ok', 'error')"),
        _check("persona_actions", "tick_id", "length(tick_id) BETWEEN 1 AND 255"),
        _check("persona_actions", "batch", "length(batch) IN (0, 64)"),
        _whole("persona_actions", "seq"),
        _check("persona_actions", "tool_name", "length(tool_name) BETWEEN 1 AND 200"),
        _check("persona_actions", "input_hash", "length(input_hash) BETWEEN 1 AND 128"),
        _check("persona_actions", "error_message", "length(error_message) BETWEEN 0 AND 2000"),
        _whole("persona_actions", "latency_ms"),
        _flag("persona_actions", "is_dated"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_persona_actions_persona_id_occurred_at",
        "persona_actions",
        ["persona_id", "occurred_at", "seq"],
    )


def _feedback() -> None:
    op.create_table(
        "persona_feedback",
        *_persona("persona_feedback"),
        sa.Column("tick_id", sa.String(255), nullable=False),
        sa.Column("module", sa.String(200), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("notes", sa.String(2000)),
        *_moment(),
        sa.PrimaryKeyConstraint("persona_id", "tick_id", "module", name="pk_persona_feedback"),
        _check("persona_feedback", "rating", "rating IN (1, 2, 3, 4, 5)"),
        _check("persona_feedback", "tick_id", "length(tick_id) BETWEEN 1 AND 255"),
        _check("persona_feedback", "module", "length(module) BETWEEN 1 AND 200"),
        _check("persona_feedback", "notes", "length(notes) BETWEEN 0 AND 2000"),
        _flag("persona_feedback", "is_dated"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_persona_feedback_persona_id_occurred_at",
        "persona_feedback",
        ["persona_id", "occurred_at"],
    )


def _counts() -> None:
    op.create_table(
        "action_counts",
        *_persona("action_counts"),
        sa.Column("span", sa.String(16), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("persona_id", "span", "starts_at", name="pk_action_counts"),
        _check("action_counts", "span", "span IN ('hour', 'day')"),
        _whole("action_counts", "actions", least=1),
        sqlite_with_rowid=False,
    )


def _days() -> None:
    op.create_table(
        "action_days",
        *_persona("action_days"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tool_name", sa.String(200), nullable=False),
        sa.Column("actions", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("persona_id", "day", "tool_name", name="pk_action_days"),
        _check("action_days", "tool_name", "length(tool_name) BETWEEN 1 AND 200"),
        _whole("action_days", "actions", least=1),
        _whole("action_days", "errors", most="actions"),
        sqlite_with_rowid=False,
    )
    ratings = [f"rated_{rating}" for rating in range(1, 6)]
    op.create_table(
        "feedback_days",
        *_persona("feedback_days"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("module", sa.String(200), nullable=False),
        *(sa.Column(rating, sa.Integer(), nullable=False) for rating in ratings),
        sa.Column("last_rating", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("persona_id", "day", "module", name="pk_feedback_days"),
        _check("feedback_days", "module", "length(module) BETWEEN 1 AND 200"),
        *(_whole("feedback_days", rating) for rating in ratings),
        _check("feedback_days", "last_rating", "last_rating IN (1, 2, 3, 4, 5)"),
        _check("feedback_days", "rated", " OR ".join(f"{rating} > 0" for rating in ratings)),
        sqlite_with_rowid=False,
    )


def _persona(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return sa.Column("persona_id", sa.String(36), nullable=False), sa.ForeignKeyConstraint(
        ["persona_id"], ["personas.user_id"], name=f"fk_{table}_persona_id", ondelete="CASCADE"
    )


def _moment() -> list[sa.Column[object]]:
    now = sa.func.current_timestamp()
    return [
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("is_dated", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=f"ck_{table}_{name}")


def _whole(
    table: str, column: str, *, least: int = 0, most: int | str = MOST
) -> sa.CheckConstraint:
    whole = f"{column} = CAST({column} AS INTEGER) AND {column} BETWEEN {least} AND {most}"
    return _check(table, column, whole)


def _flag(table: str, column: str) -> sa.CheckConstraint:
    """SQLite has no boolean type and would store any number or text."""
    return _check(table, column, f"{column} IN (false, true)")
