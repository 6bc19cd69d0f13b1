"""Spaces, their members and invitations; each existing account gets its personal space."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MAX_LENGTH = 30
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
CHARACTERS = f"{ALPHABET}-"
# a copy from the time of this migration
RESERVED = """
    account accounts admin api app assets auth blog dashboard docs health help home internal
    invitations login logout mail me metrics new null openapi organization organizations personal
    personas public register root security session settings signup spaces static status support
    system undefined user users www
"""


def upgrade() -> None:
    op.create_table(
        "spaces",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("folded_name", sa.String(600), nullable=False),
        sa.Column("slug", sa.String(30), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("personal_of", sa.String(36)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spaces"),
        sa.UniqueConstraint("slug", name="uq_spaces_slug"),
        sa.UniqueConstraint("personal_of", name="uq_spaces_personal_of"),
        sa.ForeignKeyConstraint(
            ["personal_of"], ["users.id"], name="fk_spaces_personal_of", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "type IN ('personal', 'brand', 'club', 'family', 'team', 'practice')",
            name="ck_spaces_type",
        ),
        sa.CheckConstraint("length(id) = 36 AND id = lower(id)", name="ck_spaces_id"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name="ck_spaces_name"),
        sa.CheckConstraint(
            f"length(slug) BETWEEN 1 AND 30 AND ltrim(slug, '{CHARACTERS}') = ''",
            name="ck_spaces_slug",
        ),
        sa.CheckConstraint(
            "(type = 'personal') = (personal_of IS NOT NULL)", name="ck_spaces_personal_of"
        ),
    )

    op.create_table(
        "space_members",
        sa.Column("space_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "user_id", name="pk_space_members"),
        sa.ForeignKeyConstraint(
            ["space_id"], ["spaces.id"], name="fk_space_members_space_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_space_members_user_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("role IN ('owner', 'admin', 'member')", name="ck_space_members_role"),
    )
    op.create_index("ix_space_members_user_id", "space_members", ["user_id"])

    op.create_table(
        "space_invitations",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("space_id", sa.String(36), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("invited_by", sa.String(36), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_space_invitations"),
        sa.ForeignKeyConstraint(
            ["space_id"], ["spaces.id"], name="fk_space_invitations_space_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], name="fk_space_invitations_invited_by", ondelete="CASCADE"
        ),
        sa.CheckConstraint("role IN ('admin', 'member')", name="ck_space_invitations_role"),
        sa.CheckConstraint("length(id) = 36 AND id = lower(id)", name="ck_space_invitations_id"),
        sa.CheckConstraint(
            "email = lower(email) AND length(email) BETWEEN 3 AND 254",
            name="ck_space_invitations_email",
        ),
    )
    for column in ("space_id", "email", "invited_by"):
        op.create_index(f"ix_space_invitations_{column}", "space_invitations", [column])
    op.create_index(
        "uq_space_invitations_open",
        "space_invitations",
        ["space_id", "email"],
        unique=True,
        sqlite_where=sa.text("accepted_at IS NULL"),
        postgresql_where=sa.text("accepted_at IS NULL"),
    )
    _give_each_account_its_own()


def downgrade() -> None:
    for table in ("space_invitations", "space_members", "spaces"):
        op.drop_table(table)


def _give_each_account_its_own() -> None:
    """A space created at the time of its account. It has the account's id too, because a migration
    generates no ids."""
    accounts = op.get_bind().execute(sa.text("SELECT id, email FROM users ORDER BY id")).all()
    slugs = slugs_of([email for _, email in accounts])
    if not accounts:
        return
    op.get_bind().execute(
        sa.text("""
            INSERT INTO spaces (id, name, folded_name, slug, type, personal_of, created_at)
            SELECT id, name, folded_name, :slug, 'personal', id, created_at
            FROM users WHERE id = :id
        """),
        [{"id": row.id, "slug": slug} for row, slug in zip(accounts, slugs, strict=True)],
    )
    op.execute("""
        INSERT INTO space_members (space_id, user_id, role, created_at)
        SELECT id, personal_of, 'owner', created_at FROM spaces
    """)


def slugs_of(emails: list[str]) -> list[str]:
    """A slug for each e-mail: its local part, with a number if that is taken or reserved."""
    taken = set(RESERVED.split())
    numbers: dict[str, int] = {}
    slugs = []
    for email in emails:
        base = slug = _plain(email.partition("@")[0])
        while slug in taken:
            numbers[base] = numbers.get(base, 1) + 1
            ending = f"-{numbers[base]}"
            slug = base[: MAX_LENGTH - len(ending)].rstrip("-") + ending
        taken.add(slug)
        slugs.append(slug)
    return slugs


def _plain(local: str) -> str:
    spaced = "".join(letter if letter in ALPHABET else " " for letter in local)
    return "-".join(spaced.split())[:MAX_LENGTH].rstrip("-") or "space"
