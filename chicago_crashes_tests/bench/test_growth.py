"""Growth is told apart from fixed costs."""

from collections.abc import Sequence

import pytest

from chicago_crashes_bench.growth import Growth

SIZES = (10_000, 100_000, 1_000_000)


def at_sizes(seconds: Sequence[float]) -> Growth:
    return Growth("a measure", list(zip(SIZES, seconds, strict=True)))


def test_a_fixed_cost_is_no_growth() -> None:
    growth = at_sizes([5 + rows * 1e-5 for rows in SIZES])
    assert growth.steepening == pytest.approx(1)
    assert growth.verdict == "linear or better"
    assert [cost for _, cost in growth.microseconds_per_row] == pytest.approx([510, 60, 15])


def test_a_fixed_cost_does_not_hide_growth() -> None:
    growth = at_sizes([5 + rows**1.2 * 1e-6 for rows in SIZES])
    costs = [cost for _, cost in growth.microseconds_per_row]
    assert costs == sorted(costs, reverse=True)
    assert growth.verdict == "worse than linear"


def test_two_sizes_are_compared_as_they_are() -> None:
    assert Growth("a measure", [(10, 1.0), (100, 12.0)]).steepening == pytest.approx(1.2)
    assert Growth("a measure", [(10, 1.0), (100, 14.0)]).verdict == "worse than linear"


def test_one_size_tells_nothing() -> None:
    assert Growth("a measure", [(10, 1.0)]).verdict == "cannot be told"
