"""Boundary layers out of nothing: as many areas and corners as the City's, whose borders are shared exactly."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import psycopg

Corner = tuple[float, float]

WEST, SOUTH, EAST, NORTH = -87.94, 41.645, -87.525, 42.023
JITTER = 0.12
"""How far a border strays from a straight line, in lengths of it."""
SEED = 2026


@dataclass(frozen=True, slots=True)
class Grid:
    """A layer of `across` by `along` areas, each side of which has so many corners."""

    across: int
    along: int
    corners: int


LAYERS: Mapping[str, Grid] = {
    "wards": Grid(5, 10, corners=450),
    "community_areas": Grid(7, 11, corners=170),
    "police_beats": Grid(11, 25, corners=65),
    "police_districts": Grid(2, 11, corners=300),
}


def put_layers(connection: psycopg.Connection) -> int:
    """Store the layers; how many corners all their areas have."""
    for name, grid in LAYERS.items():
        ((layer_id,),) = connection.execute(
            "insert into layers (layer, title, kind, shape, source, version, digest, features, repaired, left_out)"
            " values (%s, %s, 'published', 'polygon', 'synthetic', 1, '', %s, 0, 0) returning layer_id",
            [name, name, grid.across * grid.along],
        ).fetchall()
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into areas (layer_id, area, label, position, properties, square_feet, geometry)"
                " select %s, %s, %s, %s, '{}', ST_Area(ST_Transform(shape, 3435)), ST_Multi(shape)"
                " from ST_GeomFromText(%s, 4326) as shape",
                [(layer_id, f"{place:04}", f"{place:04}", place, text) for place, text in enumerate(_areas(grid), 1)],
            )
    ((corners, invalid),) = connection.execute(
        "select sum(ST_NPoints(geometry)), count(*) filter (where not ST_IsValid(geometry)) from areas"
    ).fetchall()
    if invalid:
        raise ValueError(f"{invalid} of the areas that were made are invalid.")
    return int(corners)


def _areas(grid: Grid) -> Iterator[str]:
    """The areas as text, each made of four borders that it shares with its neighbours."""
    dice = random.Random(SEED)  # noqa: S311 - not for secrets
    columns, rows = range(grid.across), range(grid.along)
    level = {(x, y): _border(dice, grid, (x, y), (x + 1, y)) for x, y in product(columns, range(grid.along + 1))}
    upright = {(x, y): _border(dice, grid, (x, y), (x, y + 1)) for x, y in product(range(grid.across + 1), rows)}
    for y, x in product(rows, columns):
        ring = [
            *level[x, y][:-1],
            *upright[x + 1, y][:-1],
            *reversed(level[x, y + 1][1:]),
            *reversed(upright[x, y]),
        ]
        yield f"POLYGON(({','.join(f'{longitude!r} {latitude!r}' for longitude, latitude in ring)}))"


def _border(dice: random.Random, grid: Grid, start: tuple[int, int], end: tuple[int, int]) -> Sequence[Corner]:
    """A jagged line between two nodes of a grid; its corners keep their order, so it never meets itself."""
    is_level = start[1] == end[1]
    stray, corners = 0.0, []
    for number in range(grid.corners + 1):
        part = number / grid.corners
        # The nearer to a node, the narrower it may stray: borders that meet there must not cross before.
        room = JITTER * min(1.0, 4 * part, 4 * (1 - part))
        stray = max(-room, min(room, stray + dice.uniform(-0.02, 0.02)))
        x, y = (start[0] + part, start[1] + stray) if is_level else (start[0] + stray, start[1] + part)
        corners.append((WEST + (EAST - WEST) * x / grid.across, SOUTH + (NORTH - SOUTH) * y / grid.along))
    return corners
