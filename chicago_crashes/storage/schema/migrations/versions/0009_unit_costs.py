"""What an injured person or a damaged vehicle costs."""

import sqlalchemy as sa
from alembic import op

from chicago_crashes.storage.schema import function_upgrade

revision = "0009"
down_revision = "0008"

SECONDHAND = "Figures from secondary sources; the publication itself was not read."
PER_VEHICLE = "People without an injury are priced by the damaged vehicle, in crashes with property damage only."
PER_PERSON = "Per person, those without an injury included; damaged vehicles are not priced beside them."
COSTS = [
    (
        "fhwa_2024_comprehensive",
        2024,
        f"FHWA, Crash Cost Fact Sheet, October 2025: comprehensive cost, the economic and the quality-of-life part together. {PER_VEHICLE} {SECONDHAND}",
        {"K": 11_258_495, "A": 1_089_524, "B": 224_597, "C": 111_281, "PDO": 10_196},
    ),
    (
        "fhwa_2024_economic",
        2024,
        f"FHWA, Crash Cost Fact Sheet, October 2025: economic part only, what is paid; not for weighing benefits. {PER_VEHICLE} {SECONDHAND}",
        {"K": 1_606_644, "A": 172_179, "B": 44_490, "C": 25_933, "PDO": 6_269},
    ),
    (
        "usdot_2023",
        2023,
        f"USDOT, Benefit-Cost Analysis Guidance, May 2025, Table A-1. {PER_PERSON} {SECONDHAND}",
        {"K": 13_200_000, "A": 1_254_700, "B": 246_900, "C": 118_000, "O": 5_300},
    ),
    (
        "nsc_2022_economic",
        2022,
        f"National Safety Council, 2022: economic cost only, what is paid; not for weighing benefits. {PER_VEHICLE} Its cost of a person without an injury, 7,100, is left out for that. {SECONDHAND}",
        {"K": 1_869_000, "A": 162_000, "B": 42_000, "C": 26_000, "PDO": 6_100},
    ),
]
"""Cost table, year of its dollars, source, dollars by class."""


def upgrade() -> None:
    """Apply the migration."""
    op.bulk_insert(
        sa.table(
            "unit_costs",
            *(sa.column(name) for name in ("cost_table", "class", "unit", "dollars", "dollars_of", "source")),
        ),
        [
            {
                "cost_table": name,
                "class": priced,
                "unit": "vehicle" if priced == "PDO" else "person",
                "dollars": dollars,
                "dollars_of": year,
                "source": source,
            }
            for name, year, source, by_class in COSTS
            for priced, dollars in by_class.items()
        ],
    )


def downgrade() -> None:
    """Undo the migration."""
    function_upgrade.drop(op.get_bind(), "costs")
    op.execute("delete from unit_costs")
