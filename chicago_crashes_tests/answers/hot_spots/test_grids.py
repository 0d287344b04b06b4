"""The grids: every place in one cell, the whole area covered, neighbours, outlines; and what is counted in cells."""

import numpy as np
import polars as pl
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, box
from shapely.geometry.base import BaseGeometry

from chicago_crashes.answers.hot_spots.cells import make_field, measured
from chicago_crashes.answers.hot_spots.grids import Grid, H3Grid, SquareGrid, StudyArea
from chicago_crashes.answers.hot_spots.parameters import HotSpotParameters, Measure, SegmentParameters
from chicago_crashes.errors import PermanentError

GRIDS: list[Grid] = [H3Grid(9), SquareGrid(660)]
FEET_A_DEGREE = np.array([275_000.0, 364_000.0])
"""Near enough in Chicago for a made-up plane: the two forms of an area only have to tell of the same places."""


def in_feet(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.transform(geometry, lambda places: (places - [-90, 40]) * FEET_A_DEGREE)


def area(degrees: BaseGeometry) -> StudyArea:
    return StudyArea("test", degrees, in_feet(degrees))


def places(points: list[tuple[float, float]], **counts: int) -> pl.DataFrame:
    feet = [in_feet(Point(point)) for point in points]
    return pl.DataFrame(
        {
            "location_id": range(len(points)),
            "longitude": [longitude for longitude, _ in points],
            "latitude": [latitude for _, latitude in points],
            "x_feet": [point.x for point in feet],
            "y_feet": [point.y for point in feet],
            **{letter: [counts.get(letter, 0)] * len(points) for letter in "kabcou"},
        }
    )


DOWNTOWN = box(-87.65, 41.87, -87.62, 41.89)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.kind)
def test_a_place_lies_in_its_cell_and_the_area_in_its_cells(grid: Grid) -> None:
    generator = np.random.default_rng(1)
    points = list(zip(generator.uniform(-87.65, -87.62, 200), generator.uniform(41.87, 41.89, 200), strict=True))
    located = places(points)
    cells = grid.cells_of(located).to_list()
    for cell, outline, point in zip(cells, grid.polygons(cells), points, strict=True):
        as_drawn = Point(point) if shapely.get_srid(outline) == 4326 else in_feet(Point(point))
        assert outline.covers(as_drawn), cell
    covering = grid.covering(area(DOWNTOWN))
    assert set(cells) <= covering
    whole = shapely.union_all(grid.polygons(sorted(covering)))
    assert whole.buffer(1e-6).covers(
        DOWNTOWN if shapely.get_srid(grid.polygons([cells[0]])[0]) == 4326 else in_feet(DOWNTOWN)
    )


@pytest.mark.parametrize(("grid", "expected"), list(zip(GRIDS, (7, 9), strict=True)), ids=["h3", "square"])
def test_neighbours(grid: Grid, expected: int) -> None:
    (cell,) = grid.cells_of(places([(-87.63, 41.88)]))
    around = grid.around(cell, 1)
    assert cell in around
    assert len(set(around)) == expected
    assert all(cell in grid.around(other, 1) for other in around)
    (middle, *outlines) = grid.polygons([cell, *(other for other in around if other != cell)])
    assert all(outline.distance(middle) < 1e-3 for outline in outlines)


def test_squares_are_so_large_and_begin_at_the_origin() -> None:
    grid = SquareGrid(660)
    (outline,) = grid.polygons(["1784/2879"])
    assert outline.bounds == (1_177_440, 1_900_140, 1_178_100, 1_900_800)
    frame = pl.DataFrame({"x_feet": [1_177_440.0, 1_178_099.9, 1_178_100.0], "y_feet": [1_900_140.0] * 3})
    assert grid.cells_of(frame).to_list() == ["1784/2879", "1784/2879", "1785/2879"]


def test_squares_that_only_touch_the_area_do_not_cover_it() -> None:
    square = box(6600, 6600, 7260, 7260)
    assert SquareGrid(660).covering(StudyArea("test", square, square)) == {"10/10"}


def test_holes_and_parts_of_an_area() -> None:
    with_hole = box(-87.70, 41.80, -87.60, 41.90) - box(-87.69, 41.81, -87.61, 41.89)
    parts = MultiPolygon(
        [*with_hole.geoms] if isinstance(with_hole, MultiPolygon) else [with_hole, box(-87.5, 41.7, -87.49, 41.71)]
    )
    for grid in GRIDS:
        covering = grid.covering(area(parts))
        (hole,) = grid.cells_of(places([(-87.65, 41.85)]))
        (far,) = grid.cells_of(places([(-87.495, 41.705)]))
        assert hole not in covering
        assert far in covering


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: grid.kind)
def test_every_crash_is_counted_once_also_beyond_the_area(grid: Grid) -> None:
    generator = np.random.default_rng(2)
    points = list(zip(generator.uniform(-87.65, -87.62, 300), generator.uniform(41.87, 41.89, 300), strict=True))
    located = places([*points, (-87.90, 41.98)], o=2, k=1)
    field = make_field(grid, located, area(DOWNTOWN), rings=1)
    assert field.counts["crashes"].sum() == 903
    assert field.counts["ksi_crashes"].sum() == 301
    assert field.counts["cell"].is_unique().all()
    assert field.counts.filter(pl.col("crashes") == 0).height > 0, "cells without crashes belong to the field"
    (far,) = grid.cells_of(located.tail(1))
    assert far not in grid.covering(area(DOWNTOWN))
    assert field.counts.filter(pl.col("cell") == far)["crashes"].to_list() == [3]
    assert field.near.shape == (field.counts.height, field.counts.height)


def test_measures_by_hand() -> None:
    """EPDO: 2 x 167.88 + 3 x 167.88 + 4 x 22.03 + 5 x 10.91 + 6 = 988.07; the City's: 5 x (2 + 3) + 4 + 5 = 34."""
    counted = pl.DataFrame({"cell": ["x"], "k": [2], "a": [3], "b": [4], "c": [5], "o": [6], "u": [7]})
    (row,) = measured(counted).rows(named=True)
    assert row == {"cell": "x", "crashes": 27, "ksi_crashes": 5, "epdo": pytest.approx(988.07), "city_index": 34}
    assert [*row][1:] == list(Measure)


@pytest.mark.parametrize(
    "wrong",
    [{"years": 0}, {"resolution": 12}, {"side_feet": 5.0}, {"rings": 0}, {"level": 0.0}, {"level": 1.0}],
    ids=str,
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(PermanentError, match=f"{name} is .*; expected"):
        HotSpotParameters(**wrong)


@pytest.mark.parametrize("wrong", [{"years": 99}, {"reach_feet": 0.0}, {"shortest_street_feet": -1.0}], ids=str)
def test_parameters_of_streets_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(PermanentError, match=f"{name} is .*; expected"):
        SegmentParameters(**wrong)
