"""Gi*: by hand on a tiny field, on fields without any pattern, and with a cluster planted."""

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm

from chicago_crashes.answers.hot_spots import getis_ord
from chicago_crashes.answers.hot_spots.getis_ord import CAP_AT, Floats, GiStar, gi_stars, neighbourhoods
from chicago_crashes_tests.answers.hot_spots.fields import random_field, random_severity, square_field

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEVEL = 0.05


def gi_star(values: Floats, near: "csr_array", *, level: float, seed: int, cap_at: float = CAP_AT) -> GiStar:
    """Gi* of one field."""
    (found,) = gi_stars([values], near, level=level, seed=seed, cap_at=cap_at)
    return found


def tail_probabilities(values: Floats, near: "csr_array", *, draws: int, seed: int) -> Floats:
    """Those of one field."""
    (found,) = getis_ord.tail_probabilities([values], near, draws=draws, seed=seed)
    return found


def test_z_by_hand() -> None:
    """Three cells by three, one crash in each but nine in the middle of the left edge.

    n 9, sum 17, mean 17/9; sum of squares 89, variance 89/9 - (17/9)^2 = 512/81, s = 2.514157.
    The corner at the lower left has 4 cells with 12 crashes: expected 4 x 17/9 = 7.5556; deviation
    s x sqrt((9 x 4 - 4^2) / 8) = 2.514157 x 1.581139 = 3.975232; z = 4.444444 / 3.975232 = 1.118034.
    The corner at the lower right has 4 cells with 4 crashes: z = (4 - 7.5556) / 3.975232 = -0.894427.
    The cell itself has 6 with 14: expected 11.3333, deviation 2.514157 x sqrt((54 - 36) / 8) = 3.771236, z = 0.707107.
    """
    cells, near = square_field(3)
    values = np.ones(9)
    values[cells.index("0/1")] = 9
    found = gi_star(values, near, level=LEVEL, seed=1)
    assert found.z[cells.index("0/0")] == pytest.approx(1.118034, abs=1e-6)
    assert found.z[cells.index("2/0")] == pytest.approx(-0.894427, abs=1e-6)
    assert found.z[cells.index("0/1")] == pytest.approx(0.707107, abs=1e-6)
    assert math.isnan(found.z[cells.index("1/1")]), "the middle has all cells as neighbours"


def test_p_by_hand() -> None:
    """In the same field a corner has 12 crashes if the nine are among its 4 cells of 9: a chance of 4/9."""
    cells, near = square_field(3)
    values = np.ones(9)
    values[cells.index("0/1")] = 9
    p = tail_probabilities(values, near, draws=40_000, seed=1)
    assert p[cells.index("0/0")] == pytest.approx(4 / 9, abs=0.01)
    assert p[cells.index("0/1")] == pytest.approx(6 / 9, abs=0.01)
    assert p[cells.index("2/0")] == 1


def test_p_of_cells_drawn_from_a_large_field_are_exact() -> None:
    """One cell of 400 has a crash. A neighbourhood of nine has it with a chance of 9/400, one of four with 4/400."""
    cells, near = square_field(20)
    values = np.zeros(400)
    values[[cells.index("10/10")]] = 1
    p = tail_probabilities(values, near, draws=200_000, seed=1)
    assert p[cells.index("11/11")] == pytest.approx(9 / 400, abs=0.002)
    values = np.zeros(400)
    values[cells.index("0/0")] = 1
    assert tail_probabilities(values, near, draws=200_000, seed=1)[0] == pytest.approx(4 / 400, abs=0.002)


def test_only_neighbours_in_the_field_count() -> None:
    near = neighbourhoods(["a", "b"], {"a": ["b", "sea"], "b": ["a"]})
    assert near.toarray().tolist() == [[1, 1], [1, 1]]


RANDOM = {"crashes": (random_field, 3.0), "few crashes": (random_field, 0.1), "severity": (random_severity, 3.0)}
FIELDS = 40
MOST_FIELDS_WITH_A_DISCOVERY = 8
"""Of 40 fields, each with a chance of 0.05: more than 8 are a matter of 1 in 5,000."""


@pytest.mark.parametrize("kind", RANDOM)
def test_where_there_is_no_pattern_discoveries_are_as_rare_as_the_level_says(kind: str) -> None:
    """Without any cluster every discovery is false, so a field with any may come up once in twenty."""
    fields = _fields(kind)
    with_discovery = sum(bool((found.p_adjusted <= LEVEL).any()) for found in fields)
    assert with_discovery <= MOST_FIELDS_WITH_A_DISCOVERY


@pytest.mark.parametrize("kind", ["few crashes", "severity"])
def test_the_normal_approximation_would_find_clusters_where_there_are_none(kind: str) -> None:
    """Why p values are drawn: counts are skewed, and the tail of the normal distribution is too thin for them."""
    by_normal = sum(bool(found.hot_by_normal) for found in _fields(kind))
    assert by_normal > 2 * MOST_FIELDS_WITH_A_DISCOVERY


def test_p_values_come_up_as_often_as_they_say() -> None:
    """Nor are they shy: over fields without a pattern one cell in ten has a p value of at most 0.1."""
    shares = [float((found.p <= 0.1).mean()) for found in _fields("crashes")]
    assert 0.08 <= float(np.mean(shares)) <= 0.105


@cache
def _fields(kind: str) -> list[GiStar]:
    make, mean = RANDOM[kind]
    _, near = square_field(20)
    return [
        gi_star(make(np.random.default_rng(seed), 400, mean), near, level=LEVEL, seed=seed) for seed in range(FIELDS)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_cluster_is_found_and_nothing_else(seed: int) -> None:
    """All of the planted cells are named. Beyond them only cells that have one of them as a neighbour may be."""
    cells, near = square_field(30)
    planted = [cells.index(f"{column}/{row}") for column in (14, 15, 16) for row in (14, 15, 16)]
    values = random_field(np.random.default_rng(seed), 900, 3)
    values[planted] += 12
    hot = set(np.flatnonzero(gi_star(values, near, level=LEVEL, seed=seed).p_adjusted <= LEVEL))
    may_be_named = set(np.flatnonzero(near[planted].sum(axis=0)))
    assert set(planted) <= hot
    assert len(may_be_named) == 25
    assert hot <= may_be_named


@pytest.mark.parametrize("seed", range(5))
def test_a_pile_in_one_cell_neither_makes_a_hot_spot_nor_hides_one(seed: int) -> None:
    """Without the cap any sum might contain the pile by chance, and the cluster would be nothing special beside it."""
    cells, near = square_field(30)
    planted = [cells.index(f"{column}/{row}") for column in (14, 15, 16) for row in (14, 15, 16)]
    pile = cells.index("3/3")
    values = random_field(np.random.default_rng(seed), 900, 3)
    values[planted] += 12
    values[pile] += 1000
    found = gi_star(values, near, level=LEVEL, seed=seed)
    hot = set(np.flatnonzero(found.p_adjusted <= LEVEL))
    assert set(planted) <= hot <= set(np.flatnonzero(near[planted].sum(axis=0)))
    assert found.z[pile] > 9, "Gi* itself tells of the pile"
    uncapped = gi_star(values, near, level=LEVEL, seed=seed, cap_at=1)
    assert not (uncapped.p_adjusted <= LEVEL).any()


def test_false_discoveries_beside_clusters_keep_to_the_level() -> None:
    """Over many fields the share of named cells that do not touch the cluster is within the level."""
    cells, near = square_field(20)
    planted = [cells.index(f"{column}/{row}") for column in (4, 5, 6, 7) for row in (4, 5, 6, 7)]
    may_be_named = np.asarray(near[planted].sum(axis=0)).ravel() > 0
    shares = []
    for seed in range(30):
        values = random_severity(np.random.default_rng(seed), 400, 3)
        values[planted] += 167.88
        hot = gi_star(values, near, level=LEVEL, seed=seed).p_adjusted <= LEVEL
        assert hot[planted].sum() >= 12
        shares.append((hot & ~may_be_named).sum() / max(hot.sum(), 1))
    assert np.mean(shares) <= LEVEL + 3 * np.std(shares) / math.sqrt(len(shares))


def test_the_same_seed_gives_the_same_p_values() -> None:
    _, near = square_field(15)
    values = random_field(np.random.default_rng(7), 225, 2)
    first, second, other = (tail_probabilities(values, near, draws=20_000, seed=seed) for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()
    assert np.abs(first - other).max() < 0.02


def test_the_correction_is_that_of_benjamini_and_hochberg() -> None:
    """By hand for three: 0.01 x 3/1, 0.02 x 3/2, 0.5 x 3/3, none above the next."""
    assert false_discovery_control([0.01, 0.02, 0.5]).tolist() == pytest.approx([0.03, 0.03, 0.5])
    _, near = square_field(15)
    values = random_field(np.random.default_rng(7), 225, 2)
    found = gi_star(values, near, level=LEVEL, seed=1)
    assert found.p_adjusted == pytest.approx(_by_hand(found.p))


def _by_hand(p: Floats) -> list[float]:
    in_order = np.argsort(p)
    adjusted = [1.0] * len(p)
    lowest = 1.0
    for place in range(len(p) - 1, -1, -1):
        lowest = min(lowest, float(p[in_order[place]]) * len(p) / (place + 1))
        adjusted[in_order[place]] = lowest
    return adjusted


@pytest.mark.parametrize("value", [0.0, 4.0])
def test_where_all_cells_are_alike_nothing_is_hot(value: float) -> None:
    _, near = square_field(5)
    found = gi_star(np.full(25, value), near, level=LEVEL, seed=1)
    assert np.isnan(found.z).all()
    assert (found.p_adjusted == 1).all()


def test_p_agree_with_the_normal_distribution_where_it_holds() -> None:
    """Of a field that is itself normal, the drawn p values are the normal ones."""
    _, near = square_field(20)
    values = np.random.default_rng(3).normal(100, 10, 400)
    found = gi_star(values, near, level=LEVEL, seed=1, cap_at=1)
    assert np.abs(found.p - norm.sf(found.z)).max() < 0.02


def test_fields_together_are_as_each_alone() -> None:
    _, near = square_field(20)
    values = random_field(np.random.default_rng(3), 400, 2.0)
    fields = [values, np.zeros(400), values**2]
    together = gi_stars(fields, near, level=LEVEL, seed=1)
    for field, found in zip(fields, together, strict=True):
        alone = gi_star(field, near, level=LEVEL, seed=1)
        assert np.array_equal(found.p_adjusted, alone.p_adjusted)
        assert np.array_equal(found.z, alone.z, equal_nan=True)
