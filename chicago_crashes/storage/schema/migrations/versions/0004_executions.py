"""Runs as rows: `ops.executions`, which is a file of its own since, `functions/executions.sql`."""

from alembic import op

from chicago_crashes.storage.schema import function_upgrade

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing: functions and views are made once the tables are."""


def downgrade() -> None:
    """Undo the migration."""
    function_upgrade.drop(op.get_bind(), "executions")
