"""What crashes cost society: the unit costs by cost table, and which of the tables is used where none is named.

A cost table is a set of unit costs that belong together: same publisher, same year of dollars, same way of counting.
Tables are never mixed. A table prices what is not hurt either per person (class O) or per vehicle of a crash with
property damage only (class PDO), never both: the same damage would be counted twice. People and crashes of unknown
severity are priced by no table; whoever shows costs shows their number beside them.

The same figures are in the database's `unit_costs`, where `crash_cost` and `crash_cost_lines` work with them; a test
holds both equal, so a change here takes a migration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chicago_crashes.errors import PermanentError


class CostClass(StrEnum):
    """What is priced: a person by severity on the KABCO scale, or a vehicle of a crash with property damage only."""

    K = "K"
    A = "A"
    B = "B"
    C = "C"
    O = "O"  # noqa: E741 - the scale's own letter
    PDO = "PDO"

    @property
    def unit(self) -> str:
        """What one unit cost is for."""
        return "vehicle" if self is CostClass.PDO else "person"


@dataclass(frozen=True, slots=True)
class CostTable:
    """Unit costs that belong together. `dollars_of` is the year of the dollars."""

    name: str
    dollars_of: int
    source: str
    dollars: Mapping[CostClass, int]


_SECONDHAND = "Figures from secondary sources; the publication itself was not read."
_FHWA = "FHWA, Crash Cost Fact Sheet, October 2025"
_PER_VEHICLE = "People without an injury are priced by the damaged vehicle, in crashes with property damage only."
_PER_PERSON = "Per person, those without an injury included; damaged vehicles are not priced beside them."

COST_TABLES: tuple[CostTable, ...] = (
    CostTable(
        name="fhwa_2024_comprehensive",
        dollars_of=2024,
        source=f"{_FHWA}: comprehensive cost, the economic and the quality-of-life part together. "
        f"{_PER_VEHICLE} {_SECONDHAND}",
        dollars={
            CostClass.K: 11_258_495,
            CostClass.A: 1_089_524,
            CostClass.B: 224_597,
            CostClass.C: 111_281,
            CostClass.PDO: 10_196,
        },
    ),
    CostTable(
        name="fhwa_2024_economic",
        dollars_of=2024,
        source=f"{_FHWA}: economic part only, what is paid; not for weighing benefits. {_PER_VEHICLE} {_SECONDHAND}",
        dollars={
            CostClass.K: 1_606_644,
            CostClass.A: 172_179,
            CostClass.B: 44_490,
            CostClass.C: 25_933,
            CostClass.PDO: 6_269,
        },
    ),
    CostTable(
        name="usdot_2023",
        dollars_of=2023,
        source=f"USDOT, Benefit-Cost Analysis Guidance, May 2025, Table A-1. {_PER_PERSON} {_SECONDHAND}",
        dollars={
            CostClass.K: 13_200_000,
            CostClass.A: 1_254_700,
            CostClass.B: 246_900,
            CostClass.C: 118_000,
            CostClass.O: 5_300,
        },
    ),
    CostTable(
        name="nsc_2022_economic",
        dollars_of=2022,
        source="National Safety Council, 2022: economic cost only, what is paid; not for weighing benefits. "
        f"{_PER_VEHICLE} Its cost of a person without an injury, 7,100, is left out for that. {_SECONDHAND}",
        dollars={
            CostClass.K: 1_869_000,
            CostClass.A: 162_000,
            CostClass.B: 42_000,
            CostClass.C: 26_000,
            CostClass.PDO: 6_100,
        },
    ),
)

DEFAULT_COST_TABLE = "fhwa_2024_comprehensive"
"""The table the marts are priced by, and whatever names no other."""


def cost_table(name: str) -> CostTable:
    """The cost table of that name.

    Raises:
        PermanentError: there is none of that name; the message names those there are.
    """
    for table in COST_TABLES:
        if table.name == name:
            return table
    known = ", ".join(table.name for table in COST_TABLES)
    raise PermanentError(f"There is no cost table named {name!r}. Choose one of: {known}.")
