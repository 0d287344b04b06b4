"""What an analysis is told: its period, its grid, its level. Every choice is stored with the result.

How many samples are drawn for the p values is no choice: `getis_ord` derives it from the number of cells and the level.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chicago_crashes.errors import PermanentError

FINEST_RESOLUTION, COARSEST_RESOLUTION = 10, 6
SHORTEST_SIDE, LONGEST_SIDE = 300.0, 26_400.0
MOST_RINGS = 5
MOST_YEARS = 20


class Measure(StrEnum):
    """What is looked at, cell by cell: the names of columns of `hot_spots`."""

    CRASHES = "crashes"
    KSI_CRASHES = "ksi_crashes"
    EPDO = "epdo"
    CITY_INDEX = "city_index"


class GridKind(StrEnum):
    """The shapes of cells."""

    H3 = "h3"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Period:
    """The days whose crashes are counted, both inclusive."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class HotSpotParameters:
    """How hot spots are looked for.

    The period is the `years` up to the newest day that is not provisional, or less if less is loaded. Neighbours are
    the cells within so many `rings`. `level` is the false discovery rate. For p values a cell counts at most what the
    share `cap_at` of the cells with crashes has; 1 is no cap. `seed` makes p values repeatable.

    Raises:
        PermanentError: a value makes no sense.
    """

    years: int = 3
    resolution: int = 9
    side_feet: float = 660.0
    rings: int = 1
    level: float = 0.05
    cap_at: float = 0.99
    seed: int = 1

    def __post_init__(self) -> None:
        _require("years", self.years, 1, MOST_YEARS)
        _require("resolution", self.resolution, COARSEST_RESOLUTION, FINEST_RESOLUTION)
        _require("side_feet", self.side_feet, SHORTEST_SIDE, LONGEST_SIDE)
        _require("rings", self.rings, 1, MOST_RINGS)
        _require("level", self.level, 0.0001, 0.5)
        _require("cap_at", self.cap_at, 0.5, 1)


@dataclass(frozen=True, slots=True)
class SegmentParameters:
    """How streets are judged.

    A crash belongs to the nearest segment within `reach_feet`. What is shorter than `shortest_segment_feet` or
    `shortest_street_feet` is counted and not ranked, or the shortest would win by one crash.

    Raises:
        PermanentError: a value makes no sense.
    """

    years: int = 3
    reach_feet: float = 100.0
    shortest_segment_feet: float = 300.0
    shortest_street_feet: float = 2640.0

    def __post_init__(self) -> None:
        _require("years", self.years, 1, MOST_YEARS)
        _require("reach_feet", self.reach_feet, 1.0, 1000.0)
        _require("shortest_segment_feet", self.shortest_segment_feet, 0.0, LONGEST_SIDE)
        _require("shortest_street_feet", self.shortest_street_feet, 0.0, LONGEST_SIDE)


def _require(name: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise PermanentError(
            f"{name} is {value:g}; expected {lowest:g} to {highest:g}. Give another value, or none for the default."
        )
