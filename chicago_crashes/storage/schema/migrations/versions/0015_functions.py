"""Functions and views are files, made by `db upgrade`; what migrations made until then is recorded as theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0011"

MADE_BY_MIGRATIONS = {
    "executions": [
        "function ops.dagster_runs",
        "function ops.run_feeds",
        "function ops.run_rows",
        "function ops.run_error",
        "view ops.executions",
    ],
    "findings_summary": [
        "view ops.findings_summary",
    ],
    "crash_areas": [
        "view crash_areas",
    ],
    "costs": [
        "function crash_cost_lines",
        "function crash_cost",
    ],
    "report": [
        "function report_locations_of_area",
        "function report_locations_near",
        "function report_locations_within",
        "function report_facts",
        "function report_day",
        "function report_share",
        "function report_change",
        "function report_citywide_since",
        "function report_loaded",
        "function report_days",
        "function report_days_missing",
        "function report_days_behind",
        "function report_days_behind_in_city",
        "function report_range",
        "function report_data_as_of",
        "function report_require_days",
        "function report_daily",
        "function report_counts",
        "function report_per_100_crashes",
        "function report_rates",
        "function report_cost",
        "function report_people",
        "function report_circumstances",
        "function report_kinds",
        "function report_time_of_week",
        "function report_series",
        "function report_compared",
        "function report_earliest",
        "function report_why_not_compared",
        "function report_counts_compared",
        "function report_comparisons",
        "function report_caveats_of_days",
        "function report_caveats_of_place",
        "function report_caveats_of_counts",
        "function report_caveats",
        "function report_of_locations",
        "function report_of_area",
        "function report_of_point",
        "function report_of_polygon",
        "type report_crash",
        "function report_crashes",
        "function report_crashes_of_area",
        "function report_crashes_of_point",
        "function report_crashes_of_polygon",
    ],
}
"""By part, in the order in which they were made. The digest of none is known, so all are made anew."""


def upgrade() -> None:
    """Apply the migration."""
    functions = op.create_table(
        "functions",
        sa.Column("kind", sa.Text(), nullable=False, comment="function, view or type"),
        sa.Column("name", sa.Text(), nullable=False, comment="With its schema, unless that is public"),
        sa.Column("part", sa.Text(), nullable=False, comment="Those that are made together"),
        sa.Column("place", sa.Integer(), nullable=False, comment="Each may need those before it"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the statements that made it"),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("functions_pkey")),
        schema="ops",
        comment="The functions, views and types the platform made, so that an upgrade knows which have changed",
    )
    op.bulk_insert(
        functions,
        [
            dict(zip(("kind", "name"), member.split(), strict=True)) | {"part": part, "place": place, "digest": ""}
            for part, members in MADE_BY_MIGRATIONS.items()
            for place, member in enumerate(members)
        ],
    )


def downgrade() -> None:
    """Forget which functions there are; they stay, because the versions before do not make them."""
    op.drop_table("functions", schema="ops")
