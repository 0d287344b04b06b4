"""Findings counted by feed, day, column and rule, with examples."""

from alembic import op

revision = "0005"
down_revision = "0004"

VIEW = """
create view ops.findings_summary as
select
    feed,
    day,
    column_name,
    rule,
    action,
    count(*) as findings,
    (array_agg(value order by row_key))[1:3] as example_values,
    (array_agg(row_key order by row_key))[1:3] as example_keys
from ops.findings
group by feed, day, column_name, rule, action
"""
COMMENTS = {
    "": "Findings by feed, day, column and rule, with the published values and the keys of up to three of them",
    "findings": "How many rows of the day break the rule",
    "example_values": "What was published in up to three of these rows",
    "example_keys": "The keys of these rows; `chicago-crashes raw` shows a row as published",
}


def upgrade() -> None:
    """Apply the migration."""
    op.execute(VIEW)
    for column, comment in COMMENTS.items():
        target = f"column ops.findings_summary.{column}" if column else "view ops.findings_summary"
        op.execute(f"comment on {target} is '{comment}'")


def downgrade() -> None:
    """Undo the migration."""
    op.execute("drop view ops.findings_summary")
