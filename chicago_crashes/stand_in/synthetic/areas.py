"""The boundaries of an invented city, which divide the box in which synthetic crashes happen.

Beats and districts are exactly the ones that synthetic crashes name; everything else is drawn along grids. What is
wrong with the City's own layers is wrong here, too: one ring is invalid, and beat 3100 comes in three parts.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise, product

import shapely
from shapely import MultiPoint, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from chicago_crashes.stand_in.synthetic.places import (
    BEAT_IN_THE_MIDDLE,
    BEATS_OF_EVERY_DISTRICT,
    DISTRICTS,
    DISTRICTS_WITH_A_BEAT_IN_THE_MIDDLE,
    LATITUDES_OF_BEATS,
    LONGITUDE_PER_LATITUDE,
    LONGITUDES_OF_BEATS,
    MIDDLE,
)

Row = Mapping[str, str | None]

WEST, SOUTH, EAST, NORTH = -87.94, 41.644, -87.524, 42.024
CITY = shapely.box(WEST, SOUTH, EAST, NORTH)
ENCLAVES = tuple(shapely.box(-87.949, south, -87.942, south + 0.005) for south in (41.95, 41.96, 41.97))
"""Where beat 3100 is: at the edge of the city, and not in it."""
AREA_WITH_INVALID_RING = 54

FIRST_NAMES = (
    "ASHBURY", "BIRCHWOOD", "CALDER", "DUNMORE", "EASTGATE", "FENWICK", "GLENROCK", "HOLLIS", "IVYDALE", "JUNIPER",
    "KESTREL", "LINDEN", "MARLOW", "NORTHAM",
)  # fmt: skip
SECOND_NAMES = ("PARK", "HEIGHTS", "SQUARE", "GROVE", "FIELDS", "POINT", "JUNCTION")


def wards() -> Iterator[Row]:
    """50 wards, five across."""
    for number, area in enumerate(_grid(5, 10), 1):
        yield {"objectid": str(number), "ward": str(number), "ward_id": str(number), "the_geom": _text(area)}


def wards_2015() -> Iterator[Row]:
    """50 wards, ten across: hardly a place was in the ward it is in today."""
    for number, area in enumerate(_grid(10, 5), 1):
        yield {"ward": str(number), "the_geom": _text(area)}


def community_areas() -> Iterator[Row]:
    """77 community areas; the ring of one goes out and back on the same line, which makes it invalid."""
    names = _names(11)
    for number, (area, name) in enumerate(zip(_grid(7, 11), names, strict=True), 1):
        shown = _with_spike(area) if number == AREA_WITH_INVALID_RING else area
        text = str(number)
        yield {"area_numbe": text, "area_num_1": text, "community": name, "the_geom": _text(shown)}


def neighborhoods() -> Iterator[Row]:
    """98 neighborhoods."""
    for area, name in zip(_grid(7, 14), _names(14), strict=True):
        yield {"pri_neigh": name.title(), "sec_neigh": name, "the_geom": _text(area)}


def zip_codes() -> Iterator[Row]:
    """60 ZIP codes."""
    for number, area in enumerate(_grid(6, 10), 1):
        yield {"objectid": str(number), "zip": str(60600 + number), "the_geom": _text(area)}


def census_tracts() -> Iterator[Row]:
    """800 census tracts."""
    for number, area in enumerate(_grid(20, 40), 1):
        tract = f"{number:04}00"
        yield {"statefp20": "17", "countyfp20": "031", "geoid20": f"17031{tract}", "the_geom": _text(area)}


def city_boundary() -> Iterator[Row]:
    """The city itself."""
    yield {"objectid": "1", "name": "CHICAGO", "the_geom": _text(CITY)}


def police_districts() -> Iterator[Row]:
    """22 districts, and the one around the enclaves, in three parts."""
    for number, area in _districts().items():
        yield {"dist_num": str(number), "dist_label": _ordinal(number), "the_geom": _text(area)}
    for area in ENCLAVES:
        yield {"dist_num": "31", "dist_label": _ordinal(31), "the_geom": _text(area)}


def police_beats() -> Iterator[Row]:
    """274 beats, and 3100 in three parts."""
    districts = _districts()
    for place, (number, latitude, longitude) in enumerate(DISTRICTS):
        has_middle = place < DISTRICTS_WITH_A_BEAT_IN_THE_MIDDLE
        for beat, area in _beats(districts[number], longitude, latitude, has_middle=has_middle):
            yield {
                "district": str(number),
                "sector": str(beat // 10),
                "beat": str(beat % 10),
                "beat_num": f"{number * 100 + beat:04}",
                "the_geom": _text(area),
            }
    for area in ENCLAVES:
        yield {"district": "31", "sector": "0", "beat": "0", "beat_num": "3100", "the_geom": _text(area)}


def _districts() -> dict[int, BaseGeometry]:
    """For every district the places that are nearer to its middle than to any other."""
    middles = {number: Point(lon * LONGITUDE_PER_LATITUDE, lat) for number, lat, lon in DISTRICTS}
    around = _scaled(CITY, LONGITUDE_PER_LATITUDE)
    cells = shapely.voronoi_polygons(MultiPoint(list(middles.values())), extend_to=around).geoms
    return {
        number: _scaled(next(cell for cell in cells if cell.contains(middle)), 1 / LONGITUDE_PER_LATITUDE).intersection(
            CITY
        )
        for number, middle in middles.items()
    }


def _beats(
    district: BaseGeometry, longitude: float, latitude: float, *, has_middle: bool
) -> Iterator[tuple[int, BaseGeometry]]:
    west_to_east = [WEST, *(longitude + edge for edge in LONGITUDES_OF_BEATS), EAST]
    south_to_north = [SOUTH, *(latitude + edge for edge in LATITUDES_OF_BEATS), NORTH]
    middle = shapely.box(longitude - MIDDLE[0], latitude - MIDDLE[1], longitude + MIDDLE[0], latitude + MIDDLE[1])
    around = product(pairwise(south_to_north), pairwise(west_to_east))
    for beat, ((south, north), (west, east)) in zip(BEATS_OF_EVERY_DISTRICT, around, strict=True):
        area = district.intersection(shapely.box(west, south, east, north))
        yield beat, area.difference(middle) if has_middle else area
    if has_middle:
        yield BEAT_IN_THE_MIDDLE, district.intersection(middle)


def _grid(columns: int, rows: int) -> Iterator[Polygon]:
    """The city in equal rectangles, from the north-west, row by row."""
    longitudes = [WEST + (EAST - WEST) * column / columns for column in range(columns + 1)]
    latitudes = [NORTH - (NORTH - SOUTH) * row / rows for row in range(rows + 1)]
    for north, south in pairwise(latitudes):
        for west, east in pairwise(longitudes):
            yield shapely.box(west, south, east, north)


def _names(count: int) -> list[str]:
    return [f"{first} {second}" for first in FIRST_NAMES[:count] for second in SECOND_NAMES]


def _with_spike(area: Polygon) -> Polygon:
    """The same area, whose ring runs a little to the south and back on its way round."""
    first, *others = area.exterior.coords
    spike = (first[0], first[1] - 0.002)
    return Polygon([first, *others[:-1], first, spike, first])


def _ordinal(number: int) -> str:
    is_teen = 10 < number % 100 < 20
    return f"{number}{'TH' if is_teen else {1: 'ST', 2: 'ND', 3: 'RD'}.get(number % 10, 'TH')}"


def _scaled(geometry: BaseGeometry, factor: float) -> BaseGeometry:
    scaled: BaseGeometry = shapely.transform(geometry, lambda coordinates: coordinates * (factor, 1.0))
    return scaled


def _text(area: BaseGeometry) -> str:
    """GeoJSON, multiple as the portal's polygons always are."""
    polygons = list(area.geoms) if hasattr(area, "geoms") else [area]
    return str(shapely.to_geojson(MultiPolygon([each for each in polygons if each.geom_type == "Polygon"])))
