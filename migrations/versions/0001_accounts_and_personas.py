"""Accounts, sessions, personas, audit trail, and triggers that keep personas and people apart."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# SQLite. BEFORE triggers, because REPLACE deletes the other row without firing a delete trigger;
# IS NOT, because a kind may still be NULL. The triggers for persona rows work even if foreign keys
# are off.
SQLITE_FENCE = {
    "users_kind_is_final": """
        BEFORE UPDATE OF kind ON users WHEN NEW.kind IS NOT OLD.kind
        BEGIN SELECT RAISE(ABORT, 'the kind of an account never changes'); END""",
    "users_insert_replaces_no_other_kind": """
        BEFORE INSERT ON users WHEN EXISTS (
            SELECT 1 FROM users
            WHERE (id = NEW.id OR email = NEW.email) AND kind IS NOT NEW.kind)
        BEGIN SELECT RAISE(ABORT, 'this id or email belongs to an account of another kind'); END""",
    "users_insert_steps_into_no_descriptor": """
        BEFORE INSERT ON users WHEN NEW.kind IS NOT 'persona' AND EXISTS (
            SELECT 1 FROM personas WHERE user_id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'only an account of kind persona is described'); END""",
    "users_update_steps_into_no_descriptor": """
        BEFORE UPDATE OF id ON users WHEN NEW.kind IS NOT 'persona' AND EXISTS (
            SELECT 1 FROM personas WHERE user_id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'only an account of kind persona is described'); END""",
    "users_update_replaces_no_other_kind": """
        BEFORE UPDATE OF id, email ON users WHEN EXISTS (
            SELECT 1 FROM users
            WHERE (id = NEW.id OR email = NEW.email) AND kind IS NOT NEW.kind)
        BEGIN SELECT RAISE(ABORT, 'this id or email belongs to an account of another kind'); END""",
    "personas_insert_describes_a_persona": """
        BEFORE INSERT ON personas WHEN NOT EXISTS (
            SELECT 1 FROM users WHERE id = NEW.user_id AND kind = 'persona')
        BEGIN SELECT RAISE(ABORT, 'only an account of kind persona is described'); END""",
    "personas_update_describes_a_persona": """
        BEFORE UPDATE OF user_id ON personas WHEN NOT EXISTS (
            SELECT 1 FROM users WHERE id = NEW.user_id AND kind = 'persona')
        BEGIN SELECT RAISE(ABORT, 'only an account of kind persona is described'); END""",
}

POSTGRESQL_FENCE = (
    """
    CREATE FUNCTION users_kind_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the kind of an account never changes' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER users_kind_is_final BEFORE UPDATE ON users FOR EACH ROW
    WHEN (NEW.kind IS DISTINCT FROM OLD.kind) EXECUTE FUNCTION users_kind_is_final()
    """,
)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("folded_name", sa.String(600), server_default="", nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("role", sa.String(16), server_default="user", nullable=False),
        sa.Column("access_tier", sa.String(16), server_default="public", nullable=False),
        sa.Column("email_verified", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("seed_version", sa.String(16)),
        _time("created_at", server_default=sa.func.current_timestamp()),
        _time("updated_at", server_default=sa.func.current_timestamp()),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.UniqueConstraint("id", "kind", name="uq_users_id_kind"),
        sa.CheckConstraint("kind IN ('human', 'persona', 'system')", name="ck_users_kind"),
        sa.CheckConstraint("role IN ('user', 'admin', 'service')", name="ck_users_role"),
        sa.CheckConstraint(
            "access_tier IN ('guest', 'public', 'beta', 'alpha', 'founder')",
            name="ck_users_access_tier",
        ),
        sa.CheckConstraint("email_verified IN (false, true)", name="ck_users_email_verified"),
        sa.CheckConstraint("kind <> 'persona' OR role = 'user'", name="ck_users_persona_role"),
        sa.CheckConstraint(
            "email = lower(email) AND length(email) BETWEEN 3 AND 254", name="ck_users_email"
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="ck_users_name"),
        sa.CheckConstraint("length(id) = 36 AND id = lower(id)", name="ck_users_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_users_folded_name", "users", ["folded_name"])
    op.create_index("ix_users_kind", "users", ["kind"])
    op.create_index("ix_users_role", "users", ["role"])

    op.create_table(
        "personas",
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), server_default="persona", nullable=False),
        sa.Column("archetype", sa.String(64), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=False),
        sa.Column("module_mix", sa.JSON(), nullable=False),
        sa.Column("tick_cadence", sa.String(16), server_default="daily", nullable=False),
        _time("last_active_at", nullable=True),
        _time("created_at", server_default=sa.func.current_timestamp()),
        sa.PrimaryKeyConstraint("user_id", name="pk_personas"),
        sa.ForeignKeyConstraint(
            ["user_id", "kind"],
            ["users.id", "users.kind"],
            name="fk_personas_user_id_kind",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("kind IN ('persona')", name="ck_personas_kind"),
        sa.CheckConstraint(
            "tick_cadence IN ('hourly', 'daily', 'weekdays')", name="ck_personas_tick_cadence"
        ),
        sa.CheckConstraint("length(archetype) BETWEEN 1 AND 64", name="ck_personas_archetype"),
        sa.CheckConstraint(
            "length(system_prompt) BETWEEN 20 AND 20000", name="ck_personas_system_prompt"
        ),
        sa.CheckConstraint(
            "substr(CAST(module_mix AS TEXT), 1, 1) = '{'", name="ck_personas_module_mix"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_personas_archetype", "personas", ["archetype"])

    op.create_table(
        "sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="0", nullable=False),
        _time("created_at"),
        _time("refreshed_at"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("generation >= 0", name="ck_sessions_generation"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])

    op.create_table(
        "audit_events",
        sa.Column("id", sa.String(36), nullable=False),
        _time("at"),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(36), nullable=False),
        sa.Column("actor_email", sa.String(254)),
        sa.Column("target", sa.String(36), nullable=False),
        sa.Column("target_email", sa.String(254)),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    for column in ("action", "actor", "actor_email", "target", "target_email"):
        op.create_index(f"ix_audit_events_{column}", "audit_events", [column])

    op.create_table(
        "deployments",
        sa.Column("environment", sa.String(16), nullable=False),
        _time("since"),
        sa.PrimaryKeyConstraint("environment", name="pk_deployments"),
        sa.CheckConstraint("environment = 'production'", name="ck_deployments_environment"),
    )
    _raise_fence()


def downgrade() -> None:
    for table in ("deployments", "audit_events", "sessions", "personas", "users"):
        op.drop_table(table)  # this drops their triggers too
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION users_kind_is_final()")


def _raise_fence() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name, trigger in SQLITE_FENCE.items():
            op.execute(f"CREATE TRIGGER {name} {trigger}")
    else:
        for statement in POSTGRESQL_FENCE:
            op.execute(statement)


def _time(name: str, *, nullable: bool = False, **options: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, **options)  # type: ignore[arg-type]  # the options of a column
