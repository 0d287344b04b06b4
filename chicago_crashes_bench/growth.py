"""How the time of a measure grows with its rows, and whether that is worse than linear."""

from collections.abc import Sequence
from dataclasses import dataclass

TOLERATED = 1.3
"""A row may cost this many times what it costs at the smallest sizes before the growth is called worse than linear."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The seconds a measure took at rising numbers of rows."""

    measure: str
    points: Sequence[tuple[int, float]]

    @property
    def microseconds_per_row(self) -> list[tuple[int, float]]:
        """What one row cost at each size, fixed costs included."""
        return [(rows, seconds / rows * 1e6) for rows, seconds in self.points]

    @property
    def steepening(self) -> float | None:
        """What a further row costs at the largest sizes, as a multiple of what it costs at the smallest ones.

        Differences between neighbouring sizes hold no fixed cost. With fewer than three sizes there is nothing to
        tell it from growth by, and the times per row themselves are compared.
        """
        if len(self.points) < 2:
            return None
        if len(self.points) == 2:
            costs = [cost for _, cost in self.microseconds_per_row]
        else:
            neighbours = zip(self.points, self.points[1:], strict=False)
            costs = [(later - earlier) / (more - rows) for (rows, earlier), (more, later) in neighbours]
        return costs[-1] / costs[0] if costs[0] > 0 else None

    @property
    def verdict(self) -> str:
        """The answer in words."""
        if self.steepening is None:
            return "cannot be told"
        return "linear or better" if self.steepening <= TOLERATED else "worse than linear"
