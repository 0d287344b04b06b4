"""What an injured person or a damaged vehicle costs, and the function that adds it up."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply the migration."""


def downgrade() -> None:
    """Undo the migration."""
