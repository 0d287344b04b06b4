"""Which row in quarantine waits for which: its key, the day of the row that is loaded instead, when it was touched."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

COLUMNS = (
    sa.Column(
        "row_key",
        sa.Text(),
        nullable=True,
        comment="The row's key; its parts joined by a slash; null where it has none",
    ),
    sa.Column(
        "rival_day",
        sa.Date(),
        nullable=True,
        comment="The day of the row that is loaded instead, because it has the same key",
    ),
    sa.Column(
        "source_updated_at",
        sa.DateTime(timezone=True),
        nullable=True,
        comment="When the portal last touched the row",
    ),
)


def upgrade() -> None:
    """Apply the migration."""
    for column in COLUMNS:
        op.add_column("quarantine", column, schema="ops")
    op.create_index(
        "quarantine_rival_day_idx",
        "quarantine",
        ["feed", "rival_day"],
        schema="ops",
        postgresql_where=sa.text("rival_day <> day"),
    )


def downgrade() -> None:
    """Undo the migration."""
    op.drop_index("quarantine_rival_day_idx", table_name="quarantine", schema="ops")
    for column in reversed(COLUMNS):
        op.drop_column("quarantine", column.name, schema="ops")
