"""The location report as database functions; their SQL is in the file beside."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

FUNCTIONS = (
    "report_crashes_of_polygon",
    "report_crashes_of_point",
    "report_crashes_of_area",
    "report_crashes",
    "report_of_polygon",
    "report_of_point",
    "report_of_area",
    "report_of_locations",
    "report_cost",
    "report_rates",
    "report_change",
    "report_share",
    "report_day",
    "report_facts",
    "report_locations_within",
    "report_locations_near",
    "report_locations_of_area",
)


def upgrade() -> None:
    """Apply the migration."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text().replace("%", "%%"))


def downgrade() -> None:
    """Undo the migration."""
    for name in FUNCTIONS:
        op.execute(f"drop function {name}")
