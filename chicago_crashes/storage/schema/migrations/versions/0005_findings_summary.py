"""Findings counted: `ops.findings_summary`, which is a file of its own since, `functions/findings_summary.sql`."""

from alembic import op

from chicago_crashes.storage.schema import function_upgrade

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing: functions and views are made once the tables are."""


def downgrade() -> None:
    """Undo the migration."""
    function_upgrade.drop(op.get_bind(), "findings_summary")
