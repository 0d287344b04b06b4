"""The grids: which cell a place is in, which cells cover the city, which are neighbours, how a cell is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from chicago_crashes.answers.hot_spots.getis_ord import Floats, Whole
from chicago_crashes.answers.hot_spots.parameters import GridKind

SRID_DEGREES = 4326
SRID_FEET = 3435


@dataclass(frozen=True, slots=True)
class StudyArea:
    """The area whose cells are looked at, whether they have crashes or not; `name` says what it is."""

    name: str
    degrees: BaseGeometry
    feet: BaseGeometry


class Grid(Protocol):
    """What the analysis asks of a grid."""

    @property
    def kind(self) -> GridKind:
        """Its kind."""

    @property
    def size(self) -> float:
        """H3 resolution, or side in feet."""

    def cells_of(self, locations: pl.DataFrame) -> pl.Series:
        """The cell of each location, by its columns longitude and latitude or x_feet and y_feet."""

    def covering(self, area: StudyArea) -> set[str]:
        """All cells that overlap the area."""

    def around(self, cell: str, rings: int) -> Sequence[str]:
        """The cell and those within so many rings around it."""

    def polygons(self, cells: Sequence[str]) -> list[Polygon]:
        """The cells drawn, each with its SRID."""


@dataclass(frozen=True, slots=True)
class H3Grid:
    """Hexagons of the H3 system."""

    resolution: int

    @property
    def kind(self) -> GridKind:
        """Its kind."""
        return GridKind.H3

    @property
    def size(self) -> float:
        """Its resolution."""
        return self.resolution

    def cells_of(self, locations: pl.DataFrame) -> pl.Series:
        """The hexagon of each location."""
        import h3

        pairs = zip(locations["latitude"], locations["longitude"], strict=True)
        cells = [h3.latlng_to_cell(latitude, longitude, self.resolution) for latitude, longitude in pairs]
        return pl.Series("cell", cells, dtype=pl.String)

    def covering(self, area: StudyArea) -> set[str]:
        """All hexagons that overlap the area."""
        import h3

        return {
            cell
            for polygon in _polygons_of(area.degrees)
            for cell in h3.h3shape_to_cells_experimental(
                h3.LatLngPoly(_turned(polygon.exterior), *map(_turned, polygon.interiors)), self.resolution, "overlap"
            )
        }

    def around(self, cell: str, rings: int) -> Sequence[str]:
        """The hexagon and those within so many rings."""
        import h3

        disk: list[str] = h3.grid_disk(cell, rings)
        return disk

    def polygons(self, cells: Sequence[str]) -> list[Polygon]:
        """The hexagons in longitude and latitude."""
        import h3

        return [
            shapely.set_srid(Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]), SRID_DEGREES)
            for cell in cells
        ]


@dataclass(frozen=True, slots=True)
class SquareGrid:
    """Squares in EPSG:3435, from the origin of that system on, so that a cell's name lasts."""

    side_feet: float

    @property
    def kind(self) -> GridKind:
        """Its kind."""
        return GridKind.SQUARE

    @property
    def size(self) -> float:
        """Its side."""
        return self.side_feet

    def cells_of(self, locations: pl.DataFrame) -> pl.Series:
        """The square of each location."""
        column, row = ((pl.col(axis) / self.side_feet).floor().cast(pl.Int64) for axis in ("x_feet", "y_feet"))
        return locations.select(cell=pl.format("{}/{}", column, row))["cell"]

    def covering(self, area: StudyArea) -> set[str]:
        """All squares that overlap the area, more than by a border."""
        left, bottom, right, top = (int(bound // self.side_feet) for bound in area.feet.bounds)
        columns, rows = np.meshgrid(np.arange(left, right + 1), np.arange(bottom, top + 1))
        squares = shapely.box(*self._corners(columns.ravel(), rows.ravel()))
        shapely.prepare(area.feet)
        overlap = shapely.intersects(area.feet, squares) & ~shapely.touches(area.feet, squares)
        return {f"{column}/{row}" for column, row in zip(columns.ravel()[overlap], rows.ravel()[overlap], strict=True)}

    def around(self, cell: str, rings: int) -> Sequence[str]:
        """The square and those within so many rings, corners included."""
        column, row = _column_and_row(cell)
        steps = range(-rings, rings + 1)
        return [f"{column + right}/{row + up}" for up in steps for right in steps]

    def polygons(self, cells: Sequence[str]) -> list[Polygon]:
        """The squares in EPSG:3435."""
        placed = np.array([_column_and_row(cell) for cell in cells], dtype=np.int64).reshape(-1, 2)
        return list(shapely.set_srid(shapely.box(*self._corners(placed[:, 0], placed[:, 1])), SRID_FEET))

    def _corners(self, columns: Whole, rows: Whole) -> list[Floats]:
        """The left, lower, right and upper edges."""
        return [(places * self.side_feet).astype(np.float64) for places in (columns, rows, columns + 1, rows + 1)]


def _polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    return list(geometry.geoms) if isinstance(geometry, MultiPolygon) else [geometry]


def _turned(ring: BaseGeometry) -> list[tuple[float, float]]:
    """The ring as H3 wants it, latitude first."""
    return [(latitude, longitude) for longitude, latitude in ring.coords]


def _column_and_row(cell: str) -> tuple[int, int]:
    column, _, row = cell.partition("/")
    return int(column), int(row)
