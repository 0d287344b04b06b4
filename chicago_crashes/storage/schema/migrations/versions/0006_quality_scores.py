"""How good each feed's months are."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "quality_scores",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day"),
        sa.Column(
            "score", sa.Numeric(4, 1), nullable=False, comment="0 to 100: the parts, scaled by those that are judged"
        ),
        sa.Column("completeness", sa.Numeric(4, 1), nullable=False, comment="0 to 30"),
        sa.Column("accuracy", sa.Numeric(4, 1), comment="0 to 30; null where no row is stored"),
        sa.Column("consistency", sa.Numeric(4, 1), comment="0 to 20; null where no row is stored"),
        sa.Column("timeliness", sa.Numeric(4, 1), comment="0 to 10; null where nothing says when rows were reported"),
        sa.Column("validity", sa.Numeric(4, 1), comment="0 to 10; null where no row is stored"),
        sa.Column("published", sa.Integer(), nullable=False, comment="Rows the portal holds of the loaded days"),
        sa.Column("stored", sa.Integer(), nullable=False, comment="Rows in the table"),
        sa.Column("incomplete", sa.Integer(), nullable=False, comment="Stored rows that lack an essential value"),
        sa.Column(
            "inaccurate", sa.Integer(), nullable=False, comment="Stored rows of which an impossible value was nulled"
        ),
        sa.Column(
            "inconsistent", sa.Integer(), nullable=False, comment="Stored rows that contradict others or themselves"
        ),
        sa.Column("late", sa.Integer(), nullable=False, comment="Stored rows whose crash was reported late"),
        sa.Column(
            "invalid", sa.Integer(), nullable=False, comment="Stored rows with a malformed value or unknown category"
        ),
        sa.Column("scored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("feed", "month", name=op.f("quality_scores_pkey")),
        schema="ops",
        comment="How good each feed's months are, from 0 to 100; docs/quality.md tells what is counted",
    )


def downgrade() -> None:
    """Undo the migration."""
    op.drop_table("quality_scores", schema="ops")
