"""Count how often an e-mail was verified, so that a mailed link works once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # ADD COLUMN, not a batch: rebuilding the table would drop its triggers
    op.add_column(
        "users", sa.Column("verifications", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("users", "verifications")
