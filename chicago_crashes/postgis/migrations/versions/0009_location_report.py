"""The location report as database functions."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply the migration."""


def downgrade() -> None:
    """Undo the migration."""
