"""The field of an analysis: every cell of the study area with what is counted in it, cells without crashes included."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from chicago_crashes.answers.hot_spots.getis_ord import neighbourhoods
from chicago_crashes.answers.hot_spots.grids import Grid, StudyArea
from chicago_crashes.answers.hot_spots.parameters import Measure
from chicago_crashes.answers.severity import CITY_WEIGHTS, EPDO_WEIGHTS, KABCO, KSI_LETTERS

if TYPE_CHECKING:
    from scipy.sparse import csr_array

DECIMALS = 2
SEVERITIES = [letter.lower() for letter in KABCO]
"""Columns of locations: crashes by severity."""


@dataclass(frozen=True, slots=True)
class Field:
    """`counts` has a row per cell, in the order of `near`: cell and a column for each measure."""

    counts: pl.DataFrame
    near: "csr_array"


def make_field(grid: Grid, locations: pl.DataFrame, area: StudyArea, *, rings: int) -> Field:
    """Count the crashes of the locations in the cells of the area, and in cells beyond that have any."""
    counted = measured(locations.with_columns(grid.cells_of(locations)).group_by("cell").agg(pl.col(SEVERITIES).sum()))
    cells = sorted(grid.covering(area) | set(counted["cell"]))
    counts = (
        pl.DataFrame({"cell": cells}, schema={"cell": pl.String})
        .join(counted, on="cell", how="left", maintain_order="left")
        .with_columns(pl.col(list(Measure)).fill_null(0))
    )
    return Field(counts, neighbourhoods(cells, {cell: grid.around(cell, rings) for cell in cells}))


def measured(counted: pl.DataFrame) -> pl.DataFrame:
    """Turn crashes by severity into the measures; the other columns stay."""
    return counted.select(
        pl.exclude(SEVERITIES),
        pl.sum_horizontal(SEVERITIES).cast(pl.Int64).alias(Measure.CRASHES),
        pl.sum_horizontal(pl.col(letter.lower()) for letter in KSI_LETTERS).cast(pl.Int64).alias(Measure.KSI_CRASHES),
        _weighted(EPDO_WEIGHTS).round(DECIMALS).alias(Measure.EPDO),
        _weighted(CITY_WEIGHTS).cast(pl.Int64).alias(Measure.CITY_INDEX),
    )


def values_of(field: Field, measure: Measure) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What Gi* is worked out from."""
    return field.counts[measure].cast(pl.Float64).to_numpy()


def _weighted(weights: Mapping[str, float]) -> pl.Expr:
    return pl.sum_horizontal(pl.col(letter.lower()) * float(weight) for letter, weight in weights.items())
