"""What the shrink guard knows: acceptances day by day, rows that left unaccepted, days that were held back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

DAYS_NOT_LOADED_SINCE = """
insert into ops.accepted_days
    (acceptance_id, feed, day, stored_rows, published_rows, quarantined_rows)
select distinct on (known.feed, known.day)
    accepted.acceptance_id,
    known.feed,
    known.day,
    known.source_rows,
    greatest(0, known.source_rows - (accepted.stored_rows - accepted.published_rows)),
    0
from ops.accepted_shrinks as accepted
join ops.signatures as known
    on known.feed = accepted.feed
    and known.day between accepted.first_day and accepted.last_day
    and known.loaded_at < accepted.accepted_at
order by known.feed, known.day, accepted.accepted_at desc
"""
"""Until now an acceptance held for good. It goes on for days that were not loaded since, which may lose what all days
of it lost together then: how much each of them lost was not kept."""


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "accepted_days",
        sa.Column("acceptance_id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stored_rows", sa.Integer(), nullable=False, comment="Rows we held of the day then"),
        sa.Column("published_rows", sa.Integer(), nullable=False, comment="The portal may publish as few of the day"),
        sa.Column("quarantined_rows", sa.Integer(), nullable=False, comment="As many of its rows may go to quarantine"),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it ended; null while it holds",
        ),
        sa.Column(
            "ended_by",
            sa.Text(),
            nullable=True,
            comment="loaded: the day was loaded; recovered: the portal published its rows again; replaced: accepted "
            "anew",
        ),
        sa.CheckConstraint(
            "ended_by in ('loaded', 'recovered', 'replaced')", name=op.f("accepted_days_ended_by_check")
        ),
        sa.ForeignKeyConstraint(["acceptance_id"], ["ops.accepted_shrinks.acceptance_id"]),
        sa.PrimaryKeyConstraint("acceptance_id", "day", name=op.f("accepted_days_pkey")),
        schema="ops",
        comment="What an accepted shrink excuses, day by day, and how that ended",
    )
    op.create_index(
        "accepted_days_open_idx",
        "accepted_days",
        ["feed", "day"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "losses",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "lost_at", sa.DateTime(timezone=True), nullable=False, comment="When they left: ops.history.valid_to"
        ),
        sa.Column("rows", sa.Integer(), nullable=False, comment="Rows that left and were replaced by no others"),
        sa.Column("acceptance_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["acceptance_id"], ["ops.accepted_shrinks.acceptance_id"]),
        sa.PrimaryKeyConstraint("feed", "day", "lost_at", name=op.f("losses_pkey")),
        schema="ops",
        comment="Rows that left a table without anybody having accepted it; the shrink guard adds up those still gone",
    )
    op.create_table(
        "held_back",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "by",
            sa.Text(),
            nullable=False,
            comment="portal: rows are published no more; quarantine: rows cannot be loaded any more",
        ),
        sa.Column("rows", sa.Integer(), nullable=False, comment="Rows the day would lose"),
        sa.Column("told", sa.Text(), nullable=False, comment="What the load said"),
        sa.Column("held_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("by in ('portal', 'quarantine')", name=op.f("held_back_by_check")),
        sa.PrimaryKeyConstraint("feed", "day", name=op.f("held_back_pkey")),
        schema="ops",
        comment="Days the shrink guard did not let through when they were loaded last",
    )
    op.create_index(
        "history_gone_idx",
        "history",
        ["feed", "day"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("kind <> 'amended'"),
    )
    op.execute(DAYS_NOT_LOADED_SINCE)


def downgrade() -> None:
    """Undo the migration."""
    op.drop_index("history_gone_idx", table_name="history", schema="ops")
    op.drop_table("held_back", schema="ops")
    op.drop_table("losses", schema="ops")
    op.drop_table("accepted_days", schema="ops")
