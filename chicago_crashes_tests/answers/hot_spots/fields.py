"""Square fields of cells to try Gi* on."""

import numpy as np
from scipy.sparse import csr_array

from chicago_crashes.answers.hot_spots.getis_ord import Floats, neighbourhoods
from chicago_crashes.answers.hot_spots.grids import SquareGrid

GRID = SquareGrid(660)


def square_field(side: int, *, rings: int = 1) -> tuple[list[str], csr_array]:
    """The cells of a field of `side` times `side` squares, row by row, and their neighbourhoods."""
    cells = [f"{column}/{row}" for row in range(side) for column in range(side)]
    return cells, neighbourhoods(cells, {cell: GRID.around(cell, rings) for cell in cells})


def random_field(generator: np.random.Generator, cells: int, mean: float) -> Floats:
    """Counts as crashes that fall anywhere with the same chance."""
    return generator.poisson(mean, cells).astype(np.float64)


def random_severity(generator: np.random.Generator, cells: int, mean: float) -> Floats:
    """Crashes that fall anywhere, most weighing 1 and one in fifty 167.88: the skewness of EPDO."""
    crashes = generator.poisson(mean, cells)
    severe = generator.binomial(crashes, 0.02)
    return crashes - severe + severe * 167.88
