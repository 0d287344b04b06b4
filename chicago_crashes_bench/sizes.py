"""How large the measures are: whole, or reduced to what a few minutes allow."""

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2013, 3, 3)
CRASHES_A_DAY = 222
"""What makes 5.7 million rows of all feeds out of 4,900 days, which is what the City has published since the first."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """`rows` are the sizes at which growth is looked at; the bars are meant for the largest.

    Up to `repeated_up_to` rows are measured `tries` times, and the fastest counts: what else the machine does only ever
    adds.
    """

    title: str
    rows: tuple[int, ...]
    tries: int
    repeated_up_to: int
    history_days: int
    orm_rows: int
    dlt_days: int
    empty_days: int
    amended_days: int


FULL = Sizes(
    "Measures",
    rows=(10_000, 100_000, 1_000_000),
    tries=2,
    repeated_up_to=100_000,
    history_days=4_900,
    orm_rows=50_000,
    dlt_days=180,
    empty_days=4_900,
    amended_days=60,
)
QUICK = Sizes(
    "Measures, reduced: the bars are meant for full sizes, where fixed costs weigh less",
    rows=(10_000, 30_000),
    tries=1,
    repeated_up_to=0,
    history_days=40,
    orm_rows=2_000,
    dlt_days=10,
    empty_days=100,
    amended_days=2,
)
NEW_ROWS = {"crashes": 300, "people": 650, "vehicles": 600}
"""What a usual day brings."""
