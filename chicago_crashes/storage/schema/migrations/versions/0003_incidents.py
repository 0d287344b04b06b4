"""What went wrong, kept once, so that people are told once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="What is wrong; the same however often it is noticed"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="run_failure, blocking_check, staleness, shrink_guard, ..."
        ),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=True, comment="The feed, or several, joined by comma and space"),
        sa.Column("step", sa.Text(), nullable=True, comment="The Dagster step that failed, whose success mends it"),
        sa.Column("days", postgresql.DATEMULTIRANGE(), nullable=True, comment="All days it was about"),
        sa.Column(
            "open_days", postgresql.DATEMULTIRANGE(), nullable=True, comment="Those days that are not mended yet"
        ),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False, comment="What to do"),
        sa.Column("run_id", sa.Text(), nullable=True, comment="The newest Dagster run it was noticed in"),
        sa.Column("first_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "times", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="How often it was noticed"
        ),
        sa.Column(
            "told_to",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
            comment="Marks of the channels it has reached",
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True, comment="When it had reached every channel"),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True, comment="Null while it is open"),
        sa.Column(
            "resolution_told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When people were told that it is over",
        ),
        sa.CheckConstraint("severity in ('critical', 'high', 'warning')", name=op.f("incidents_severity_check")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("incidents_pkey")),
        schema="ops",
        comment="What went wrong, from when it was noticed until it was mended, and what people were told of it",
    )
    op.create_index(
        "incidents_open_idx",
        "incidents",
        ["key"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("resolved_at is null"),
    )


def downgrade() -> None:
    """Undo the migration."""
    op.drop_index("incidents_open_idx", table_name="incidents", schema="ops")
    op.drop_table("incidents", schema="ops")
