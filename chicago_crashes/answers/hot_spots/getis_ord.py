"""Getis-Ord Gi* of a field of cells, and which cells are hot at a false discovery rate.

Gi* is PySAL's (`esda.G_Local` with `star=True`), with binary weights: a cell and each of its neighbours counts once.
Row-standardised weights would rank cells alike, but esda's variance of them is not that of Gi*.

The p values are not those of the normal distribution. Counts of crashes are skewed, a severity-weighted sum more so,
and the sum of seven or nine such cells is far from normal in the tail that decides: on fields without any pattern the
normal approximation finds hot spots again and again (a test shows it). esda's own permutations, some hundreds for each
cell, cannot tell one in a million, which is what a single cell among twenty thousand needs. But if values are shuffled
over the cells, the sum of k cells is distributed alike wherever they are. So one large sample of k cells drawn without
replacement serves all cells with k - 1 neighbours, and is exact but for the sampling.

For the p values, though not for Gi*, a cell counts at most as much as one in a hundred of those with crashes does. The
City's addresses pile hundreds of crashes on single points, and a sum that may contain such a pile by chance would hide
every cluster that is smaller. So a pile neither makes a hot spot nor hides one; and because the cap is the same
wherever the values are, p values stay exact.

Benjamini-Hochberg corrects for the number of cells. Neighbourhoods overlap, so their sums go up and down together:
the dependence under which the procedure holds its rate. A hot cell tells that its neighbourhood has more than shuffling
explains. It does not tell risk: where more people drive and walk, more is to be expected.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = np.ndarray[tuple[Any, ...], np.dtype[np.float64]]
Whole = np.ndarray[tuple[Any, ...], np.dtype[np.int64]]

DRAWS_A_BLOCK = 50_000
CAP_AT = 0.99
FEWEST_DRAWS, MOST_DRAWS = 20_000, 5_000_000
SMALL_FIELD = 200
"""Cells below which drawing without replacement shuffles the whole field instead of discarding repetitions."""
DECIMALS = 6
"""Sums that differ only by the order of addition must be equal."""


@dataclass(frozen=True, slots=True)
class GiStar:
    """Cell by cell: Gi* as a z score, its p value and that for so many cells. `z` is nan where nothing can vary.

    `cap` is what a single cell counts at most for p.
    That is where all cells are alike, and where the neighbourhood is the whole field.
    """

    z: Floats
    p: Floats
    p_adjusted: Floats
    draws: int
    cap: float
    skewness: float
    moran_i: float
    hot_by_normal: int


def neighbourhoods(cells: Sequence[str], around: Mapping[str, Sequence[str]]) -> "csr_array":
    """A matrix with a row per cell: 1 for the cell itself and for each neighbour that belongs to the field."""
    from scipy.sparse import csr_array

    places = {cell: place for place, cell in enumerate(cells)}
    rows, columns = [], []
    for place, cell in enumerate(cells):
        for other in {cell, *around[cell]}:
            if other in places:
                rows.append(place)
                columns.append(places[other])
    shape = (len(cells), len(cells))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def gi_stars(
    fields: Sequence[Floats], near: "csr_array", *, level: float, seed: int, cap_at: float = CAP_AT
) -> list[GiStar]:
    """Gi* of each of some fields over the neighbourhoods, with one-sided p values for more than shuffling explains.

    For p, values are capped at that of the share `cap_at` of the cells that have any.
    """
    draws = min(max(FEWEST_DRAWS, int(2 * near.shape[0] / level)), MOST_DRAWS)
    caps = {place: _cap(values, cap_at) for place, values in enumerate(fields) if values.size and np.ptp(values)}
    capped = [np.minimum(fields[place], cap) for place, cap in caps.items()]
    p = dict(zip(caps, tail_probabilities(capped, near, draws=draws, seed=seed), strict=True))
    return [
        _gi_star(values, near, p[place], level=level, draws=draws, cap=caps[place])
        if place in caps
        else _nothing(values.size)
        for place, values in enumerate(fields)
    ]


def _cap(values: Floats, cap_at: float) -> float:
    return float(np.quantile(values[values > 0], cap_at))


def _nothing(cells: int) -> GiStar:
    """Where all cells are alike."""
    ones = np.ones(cells)
    nothing = float("nan")
    return GiStar(np.full(cells, nothing), ones, ones, 0, nothing, nothing, nothing, 0)


def _gi_star(values: Floats, near: "csr_array", p: Floats, *, level: float, draws: int, cap: float) -> GiStar:
    from scipy.stats import false_discovery_control, norm, skew

    z, moran_i = _esda(values, near)
    by_normal = false_discovery_control(np.where(np.isnan(z), 1.0, norm.sf(z)))
    return GiStar(
        z=z,
        p=p,
        p_adjusted=false_discovery_control(p),
        draws=draws,
        cap=cap,
        skewness=float(skew(values)),
        moran_i=moran_i,
        hot_by_normal=int((by_normal <= level).sum()),
    )


def _esda(values: Floats, near: "csr_array") -> tuple[Floats, float]:
    """Gi* of each cell, and Moran's I of the field."""
    with warnings.catch_warnings():
        # What the libraries of PySAL say to one another when they are imported is no message for people.
        warnings.simplefilter("ignore")
        from esda import G_Local, Moran
        from libpysal.graph import Graph

        others = near.copy()
        others.setdiag(0)
        others.eliminate_zeros()
        z: Floats = G_Local(values, Graph.from_sparse(near), transform="B", permutations=0, star=True).Zs
        return z, float(Moran(values, Graph.from_sparse(others), transformation="r", permutations=0).I)


def tail_probabilities(fields: Sequence[Floats], near: "csr_array", *, draws: int, seed: int) -> list[Floats]:
    """For each cell of each field the chance that its neighbourhood sums to so much or more, if values are shuffled.

    One sample of cells serves all fields: drawing takes longer than adding up.
    """
    tails = [_Tail.of(values, near) for values in fields]
    if tails:
        for drawn in _samples(near.shape[0], largest=int(np.diff(near.indptr).max()), draws=draws, seed=seed):
            for tail in tails:
                tail.count(drawn)
    return [tail.probabilities(draws) for tail in tails]


@dataclass(frozen=True, slots=True)
class _Tail:
    """A field, the sums of its neighbourhoods, and how many of the drawn sums were as large, by size and sum."""

    values: Floats
    sums: Floats
    sizes: Whole
    seen: Mapping[int, Floats]
    as_much: Mapping[int, Whole]

    @classmethod
    def of(cls, values: Floats, near: "csr_array") -> "_Tail":
        """Nothing is counted yet."""
        sums = np.round(near @ values, DECIMALS)
        sizes = np.diff(near.indptr)
        seen = {int(size): np.unique(sums[sizes == size]) for size in np.unique(sizes)}
        as_much = {size: np.zeros(observed.size, dtype=np.int64) for size, observed in seen.items()}
        return cls(values, sums, sizes, seen, as_much)

    def count(self, drawn: Whole) -> None:
        """Count the sums of the first 1, 2, ... of the cells of each row."""
        sample = self.values[drawn].cumsum(axis=1).round(DECIMALS)
        for size, observed in self.seen.items():
            in_order = np.sort(sample[:, size - 1])
            self.as_much[size][:] += in_order.size - np.searchsorted(in_order, observed, side="left")

    def probabilities(self, draws: int) -> Floats:
        """Cell by cell, after so many draws."""
        found = np.empty(self.values.size)
        for size, observed in self.seen.items():
            cells = self.sizes == size
            found[cells] = self.as_much[size][np.searchsorted(observed, self.sums[cells])]
        probabilities: Floats = (found + 1) / (draws + 1)
        return probabilities


def _samples(cells: int, *, largest: int, draws: int, seed: int) -> Iterator[Whole]:
    """Blocks of rows of `largest` different cells each, drawn at random."""
    generator = np.random.default_rng(seed)
    left = draws
    while left > 0:
        drawn = _different(generator, cells, largest)[:left]
        left -= len(drawn)
        yield drawn


def _different(generator: np.random.Generator, cells: int, largest: int) -> Whole:
    """Rows of `largest` different cells each."""
    if cells < SMALL_FIELD:
        every = np.broadcast_to(np.arange(cells), (DRAWS_A_BLOCK // 10, cells))
        return generator.permuted(every, axis=1)[:, :largest]
    drawn = generator.integers(cells, size=(DRAWS_A_BLOCK, largest))
    in_order = np.sort(drawn, axis=1)
    different: Whole = drawn[(in_order[:, 1:] != in_order[:, :-1]).all(axis=1)]
    return different
