"""What the pictures show, read from their pixels."""

import io
import subprocess
import sys
from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from chicago_crashes.feeds.pictures.months import months_chart
from chicago_crashes.feeds.pictures.places import places_map

LARGEST = 60_000
HISTORY = {date(year, month, 1): 100 for year in range(2013, 2027) for month in range(1, 13)}


def at(longitudes: Sequence[float], latitudes: Sequence[float]) -> bytes:
    return places_map(np.array(longitudes, dtype=np.float64), np.array(latitudes, dtype=np.float64))


def accented(drawn: bytes) -> NDArray[np.int64]:
    """Where a picture is orange, as rows and columns of pixels."""
    pixels = imread(io.BytesIO(drawn), format="png")
    is_orange = (pixels[:, :, 0] - pixels[:, :, 2] > 0.3) & (pixels[:, :, 0] > 0.6)
    return np.argwhere(is_orange)


def test_the_chart_marks_the_months_of_the_days() -> None:
    everywhere = accented(months_chart(HISTORY, date(2013, 1, 1), date(2026, 12, 31)))
    first = accented(months_chart(HISTORY, date(2013, 1, 5), date(2013, 1, 5)))
    last = accented(months_chart(HISTORY, date(2026, 11, 20), date(2026, 12, 3)))
    assert first[:, 1].max() < everywhere[:, 1].min() + 10
    assert last[:, 1].min() > everywhere[:, 1].max() - 10
    assert 1.5 < len(last) / len(first) < 2.5, "two months against one"
    assert len(accented(months_chart(HISTORY, date(2012, 1, 1), date(2012, 1, 31)))) == 0


def test_a_bar_is_as_tall_as_its_month() -> None:
    rows = {date(2024, 1, 1): 1000, date(2024, 2, 1): 500}
    tall = accented(months_chart(rows, date(2024, 1, 1), date(2024, 1, 31)))
    half = accented(months_chart(rows, date(2024, 2, 1), date(2024, 2, 29)))
    assert np.ptp(half[:, 0]) == pytest.approx(np.ptp(tall[:, 0]) / 2, abs=2)
    assert half[:, 0].max() == tall[:, 0].max(), "both stand on the ground"


@pytest.mark.parametrize("rows", [{date(2024, 1, 1): 0}, {date(2024, 1, 1): 3}, {date(2024, 1, 1): 3} | HISTORY])
def test_few_months_and_many_make_a_chart(rows: dict[date, int]) -> None:
    assert months_chart(rows, date(2024, 1, 1), date(2024, 1, 1)).startswith(b"\x89PNG")


def test_places_are_where_they_are() -> None:
    middle = accented(at((-87.725,), (41.85,)))
    north_west = accented(at((-87.94,), (42.09,)))
    height, width, _ = imread(io.BytesIO(at((), ())), format="png").shape
    assert middle.mean(axis=0) == pytest.approx([height / 2, width / 2], abs=2)
    assert (north_west.mean(axis=0) < [height * 0.05, width * 0.05]).all()
    assert len(accented(at((-80.0,), (41.85,)))) == 0, "outside of the box"


def test_a_long_range_still_makes_a_small_picture() -> None:
    points = np.random.default_rng(7).normal((-87.7, 41.85), (0.06, 0.08), (40_000, 2))
    for drawn in (places_map(points[:, 0], points[:, 1]), months_chart(HISTORY, date(2020, 1, 1), date(2020, 3, 1))):
        assert len(drawn) < LARGEST


def test_who_draws_nothing_does_not_wait_for_the_library() -> None:
    program = "import sys, chicago_crashes.definitions; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
