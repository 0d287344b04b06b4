"""The quality score: how good a feed's month is, from 0 to 100, and what each of its parts counts.

A part has its points while nothing fails, loses them evenly, and has none left once `TOLERANCE` of what it counts
fails: if it were the plain share, half of a month could be wrong before anybody is told. A part nobody can judge (the
fatalities do not say when they were reported) is left out, and the others are scaled to 100. What exactly is counted
is in `feeds/sql/quality.sql`, and told to people in `docs/quality.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

COMPLETENESS, ACCURACY, CONSISTENCY, TIMELINESS, VALIDITY = 30, 30, 20, 10, 10
"""The points of the parts."""

TOLERANCE = 0.2

FEWEST_ROWS = 30
"""A month of fewer rows is judged as if it had so many: one row of five is not a fifth of anything."""

LOW, VERY_LOW = 85, 70
"""Below these a score is a warning, and an error."""

CITYWIDE_SINCE = date(2017, 9, 1)
"""Months before are scored, but nobody is told of them: until then not every police district is in the data."""

INACCURATE = ("bounds", "coordinates_zero", "coordinates_out_of_bounds", "coordinates_pair", "point_out_of_bounds")
INVALID = ("type", "length", "category")
"""Rules whose findings tell that a value cannot be true, and that it has not the form its column has."""

DAYS_TO_REPORT = 7
"""A row is reported in time if the City knew of it so many days later."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a feed's month. A part is None where nothing of it can be judged.

    Each count is of rows: `published` is what the portal holds of the month's loaded days and `stored` what the table
    holds; of the stored rows `incomplete`, `inaccurate`, `inconsistent`, `late` and `invalid` fail their part.
    """

    month: date
    score: float
    completeness: float
    accuracy: float | None
    consistency: float | None
    timeliness: float | None
    validity: float | None
    published: int
    stored: int
    incomplete: int
    inaccurate: int
    inconsistent: int
    late: int
    invalid: int


@dataclass(frozen=True, slots=True)
class LowScores:
    """How many months of a feed were judged, those below `LOW`, worst first, and the lowest score of all."""

    judged: int
    months: Sequence[Score]
    lowest: float | None

    @property
    def is_very_low(self) -> bool:
        """Whether somebody has to be told loudly."""
        return any(score.score < VERY_LOW for score in self.months)

    @property
    def in_words(self) -> str:
        """Which months are low, and what the worst of them lost its points by."""
        worst = self.months[0]
        return (
            f"{len(self.months)} of {self.judged} months score below {LOW}. The lowest is {worst.month:%Y-%m} with "
            f"{worst.score:g}: {lost_points(worst)}."
        )


def low_scores(scores: Sequence[Score]) -> LowScores:
    """Which months of a feed are low. Those before the data cover the whole city are not judged."""
    judged = [score for score in scores if score.month >= CITYWIDE_SINCE]
    low = sorted((score for score in judged if score.score < LOW), key=lambda score: (score.score, score.month))
    return LowScores(len(judged), low, min((score.score for score in judged), default=None))


def lost_points(score: Score) -> str:
    """The parts a score lost points by, worst first, with what was counted."""
    counted = {
        "completeness": (COMPLETENESS, score.completeness, score.published - score.stored + score.incomplete),
        "accuracy": (ACCURACY, score.accuracy, score.inaccurate),
        "consistency": (CONSISTENCY, score.consistency, score.inconsistent),
        "timeliness": (TIMELINESS, score.timeliness, score.late),
        "validity": (VALIDITY, score.validity, score.invalid),
    }
    losses = [
        (points - reached, f"{name} {reached:g} of {points} ({failing:,} of {score.published:,} rows fail)")
        for name, (points, reached, failing) in counted.items()
        if reached is not None and reached < points
    ]
    return "; ".join(words for _, words in sorted(losses, reverse=True))
