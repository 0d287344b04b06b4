"""The location report: functions, which are files of their own since, `chicago_crashes/answers/report/functions`."""

from alembic import op

from chicago_crashes.storage.schema import function_upgrade

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing: functions and views are made once the tables are."""


def downgrade() -> None:
    """Undo the migration."""
    function_upgrade.drop(op.get_bind(), "report")
