"""What an injured person or a damaged vehicle costs, and the functions that add it up."""

import sqlalchemy as sa
from alembic import op

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

CRASH_COST_LINES = """
create function crash_cost_lines(
    cost_table text, k bigint, a bigint, b bigint, c bigint, o bigint, pdo_vehicles bigint
)
returns table (class text, unit text, count bigint, unit_dollars integer, subtotal bigint)
language plpgsql stable strict parallel safe
as $$
begin
    if not exists (select from public.unit_costs as known where known.cost_table = crash_cost_lines.cost_table) then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = format('There is no cost table named %L.', crash_cost_lines.cost_table),
            hint = format(
                'Choose one of: %s.',
                (select string_agg(distinct known.cost_table, ', ' order by known.cost_table)
                    from public.unit_costs as known)
            );
    end if;
    return query
        select priced.class, priced.unit, counted.count, priced.dollars, counted.count * priced.dollars
        from public.unit_costs as priced
        join (
            values (1, 'K', k), (2, 'A', a), (3, 'B', b), (4, 'C', c), (5, 'O', o), (6, 'PDO', pdo_vehicles)
        ) as counted (place, class, count) on counted.class = priced.class
        where priced.cost_table = crash_cost_lines.cost_table
        order by counted.place;
end
$$
"""
CRASH_COST = """
create function crash_cost(
    cost_table text, k bigint, a bigint, b bigint, c bigint, o bigint, pdo_vehicles bigint
)
returns bigint
language sql stable strict parallel safe
as $$
    select sum(line.subtotal)::bigint
    from public.crash_cost_lines(
        crash_cost.cost_table, crash_cost.k, crash_cost.a, crash_cost.b, crash_cost.c, crash_cost.o,
        crash_cost.pdo_vehicles
    ) as line
$$
"""
SIGNATURE = "(text, bigint, bigint, bigint, bigint, bigint, bigint)"
COMMENTS = {
    "crash_cost_lines": "The arithmetic of crash_cost, line by line: what is counted, its unit cost, the product",
    "crash_cost": "Dollars by one table of unit_costs: people killed (k), hurt (a, b, c) and not hurt (o), and motor "
    "vehicles of crashes with property damage only. A class the table does not price adds nothing; people and crashes "
    "of unknown severity are in no class, and to be told beside it",
}


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
    for statement in (CRASH_COST_LINES, CRASH_COST):
        op.execute(statement)
    for name, comment in COMMENTS.items():
        op.execute(f"comment on function {name}{SIGNATURE} is '{comment}'")


def downgrade() -> None:
    """Undo the migration."""
    for name in ("crash_cost", "crash_cost_lines"):
        op.execute(f"drop function {name}{SIGNATURE}")
    op.execute("delete from unit_costs")
