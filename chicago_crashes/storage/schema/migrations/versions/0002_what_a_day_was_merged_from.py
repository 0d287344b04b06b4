"""What each day was merged from, so that merging it again from the same is seen to change nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the migration."""
    op.add_column(
        "signatures",
        sa.Column("raw_digest", sa.Text(), nullable=True, comment="Digest of the raw rows the day was merged from"),
        schema="ops",
    )
    op.add_column(
        "signatures",
        sa.Column("rules_digest", sa.Text(), nullable=True, comment="Digest of the rules the rows were cleaned by"),
        schema="ops",
    )


def downgrade() -> None:
    """Undo the migration."""
    op.drop_column("signatures", "rules_digest", schema="ops")
    op.drop_column("signatures", "raw_digest", schema="ops")
