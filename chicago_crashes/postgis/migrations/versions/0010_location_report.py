"""The location report as database functions; their SQL is in the folder beside, one file for each part of it."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

PARTS = ("places", "figures", "days", "counting", "breakdowns", "periods", "caveats", "reports", "crashes")
"""Each needs some of those before it."""

FUNCTIONS = (
    "report_crashes_of_polygon",
    "report_crashes_of_point",
    "report_crashes_of_area",
    "report_crashes",
    "report_of_polygon",
    "report_of_point",
    "report_of_area",
    "report_of_locations",
    "report_caveats",
    "report_caveats_of_counts",
    "report_caveats_of_place",
    "report_caveats_of_days",
    "report_comparisons",
    "report_counts_compared",
    "report_why_not_compared",
    "report_earliest",
    "report_compared",
    "report_series",
    "report_time_of_week",
    "report_kinds",
    "report_circumstances",
    "report_people",
    "report_cost",
    "report_rates",
    "report_per_100_crashes",
    "report_counts",
    "report_daily",
    "report_require_days",
    "report_data_as_of",
    "report_range",
    "report_days_behind_in_city",
    "report_days_behind",
    "report_days_missing",
    "report_days",
    "report_loaded",
    "report_citywide_since",
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
    for part in PARTS:
        statements = (Path(__file__).with_suffix("") / f"{part}.sql").read_text()
        op.get_bind().exec_driver_sql(statements.replace("%", "%%"))


def downgrade() -> None:
    """Undo the migration."""
    for name in FUNCTIONS:
        op.execute(f"drop function {name}")
    op.execute("drop type report_crash")
