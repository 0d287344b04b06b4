"""The declared counts as SQL, composed into the statements of the marts."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from psycopg import Connection, sql

from chicago_crashes.answers.costs import DEFAULT_COST_TABLE, CostClass
from chicago_crashes.answers.marts.counts import COUNTS
from chicago_crashes.answers.severity import EPDO_WEIGHTS
from chicago_crashes.errors import PermanentError

SEPARATOR = sql.SQL(",\n    ")
COST = "cost"

PRICED: Mapping[CostClass, str] = {
    CostClass.K: "persons_k",
    CostClass.A: "persons_a",
    CostClass.B: "persons_b",
    CostClass.C: "persons_c",
    CostClass.O: "persons_o",
    CostClass.PDO: "pdo_vehicles",
}
"""Which count each unit cost is for."""


def columns() -> sql.Composed:
    """The names of all counts and the cost."""
    return SEPARATOR.join(map(sql.Identifier, (*COUNTS, COST)))


def sums_of_facts(connection: Connection) -> sql.Composed:
    """All counts of the crashes in a group of `fact`, and what they cost by the default cost table."""
    dollars = unit_costs(connection, DEFAULT_COST_TABLE)
    cost = sql.SQL(" + ").join(
        sql.SQL("sum({}) * {}").format(_per_crash(PRICED[priced]), sql.Literal(each))
        for priced, each in dollars.items()
    )
    return _named({**{name: sql.SQL("sum({})").format(_per_crash(name)) for name in COUNTS}, COST: cost})


def sums_of_counts(table: str) -> sql.Composed:
    """The sums of what a mart, called so, has counted already."""
    return sums_of(table, (*COUNTS, COST))


def sums_of(table: str, names: Iterable[str]) -> sql.Composed:
    """The sums of some counts of a mart, called so; as whole numbers, which the database forgets for large ones."""
    return _named({name: sql.SQL("sum({})::bigint").format(sql.Identifier(table, name)) for name in names})


def counts_of(table: str) -> sql.Composed:
    """The counts of a row, of an outer join too: nothing there is zero."""
    return _named({name: sql.SQL("coalesce({}, 0)").format(sql.Identifier(table, name)) for name in (*COUNTS, COST)})


def zeros() -> sql.Composed:
    """The counts where there is no crash."""
    return _named(dict.fromkeys((*COUNTS, COST), sql.SQL("0")))


def epdo() -> sql.Composed:
    """What a crash weighs, in crashes with property damage only; exact, so that equal sums are equal."""
    weights = [
        sql.SQL("when {} then {}").format(sql.Literal(letter), sql.Literal(Decimal(str(weight))))
        for letter, weight in EPDO_WEIGHTS.items()
    ]
    return sql.SQL("case fact.severity {} end").format(sql.SQL(" ").join(weights))


def _per_crash(name: str) -> sql.SQL:
    return sql.SQL(COUNTS[name].per_crash)


def _named(expressions: Mapping[str, sql.Composable]) -> sql.Composed:
    return SEPARATOR.join(
        sql.SQL("{} as {}").format(expression, sql.Identifier(name)) for name, expression in expressions.items()
    )


def unit_costs(connection: Connection, cost_table: str) -> dict[CostClass, int]:
    """The dollars of a cost table of the database.

    Raises:
        PermanentError: the database has no such table.
    """
    found = connection.execute("select class, dollars from unit_costs where cost_table = %s", [cost_table]).fetchall()
    if not found:
        raise PermanentError(
            f"The database's unit_costs has no cost table {cost_table}, by which the marts are priced. It comes with "
            "the schema: if its rows were deleted, restore them from a backup or from chicago_crashes/answers/costs.py."
        )
    return {CostClass(priced): dollars for priced, dollars in found}
