"""A row that changes because we clean it otherwise is told apart from one that the City amended; old rows keep theirs.

What an open incident about the newest row is called is renamed with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

COLUMNS = {
    "rules_before": "Of a recleaned row: digest of the rules it was cleaned by until then",
    "rules_after": "Of a recleaned row: digest of the rules that replaced or removed it",
}
TABLE = "The old version of every row that was amended or withdrawn by the City, or recleaned by us"
TABLE_BEFORE = "The old version of every row that was amended or withdrawn"


def upgrade() -> None:
    """Apply the migration."""
    for name, comment in COLUMNS.items():
        op.add_column("history", sa.Column(name, sa.Text(), nullable=True, comment=comment), schema="ops")
    _allow("'amended', 'withdrawn', 'recleaned'")
    op.execute(sa.text(f"comment on table ops.history is '{TABLE}'"))
    _rename_incidents("newest crash", "newest row")


def downgrade() -> None:
    """Undo the migration: rows that were recleaned are said to be amended again."""
    op.execute(sa.text("update ops.history set kind = 'amended' where kind = 'recleaned'"))
    _allow("'amended', 'withdrawn'")
    for name in COLUMNS:
        op.drop_column("history", name, schema="ops")
    op.execute(sa.text(f"comment on table ops.history is '{TABLE_BEFORE}'"))
    _rename_incidents("newest row", "newest crash")


def _allow(kinds: str) -> None:
    op.execute(sa.text("alter table ops.history drop constraint history_kind_check"))
    op.execute(sa.text(f"alter table ops.history add constraint history_kind_check check (kind in ({kinds}))"))


def _rename_incidents(before: str, after: str) -> None:
    op.execute(
        sa.text(
            "update ops.incidents set key = replace(key, :before, :after) where key like '%/' || :before"
        ).bindparams(before=before, after=after)
    )
