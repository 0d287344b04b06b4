"""Hot spots and high crash corridors."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply the migration."""


def downgrade() -> None:
    """Undo the migration."""
