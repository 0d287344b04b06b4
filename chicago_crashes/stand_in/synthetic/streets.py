"""The streets of the invented city, segment by segment, and what stands along them: cameras, bike routes, schools.

Everything lies on the stretches that synthetic crashes happen on. Two segments are published without a line, under the
numbers that the City has published without one for years.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import hypot

import shapely
from shapely import LineString, MultiLineString

from chicago_crashes.stand_in.synthetic.places import STRETCHES, Stretch, coordinates_of

Row = Mapping[str, str | None]
GridPoint = tuple[int, int]
"""House numbers north and east of the grid's origin."""

SEGMENTS_WITHOUT_LINE = ("69442", "69766")
FEET_PER_LATITUDE, FEET_PER_LONGITUDE = 364_560, 272_300
KINDS_OF_BIKE_ROUTE = ("BIKE LANE", "BUFFERED BIKE LANE", "PROTECTED BIKE LANE", "NEIGHBORHOOD GREENWAY")


@dataclass(frozen=True, slots=True)
class _Segment:
    stretch: Stretch
    start: GridPoint
    end: GridPoint

    @property
    def numbers(self) -> tuple[int, int]:
        """The house numbers it runs from and to."""
        along = 0 if _runs_north(self.stretch) else 1
        return abs(self.start[along]), abs(self.end[along])


def street_center_lines() -> Iterator[Row]:
    """A segment between every two neighbouring crossings of a street, and two that have no line."""
    segments, crossings = _segments(), _crossings()
    nodes = {point: str(10_000 + number) for number, point in enumerate(sorted(_coordinates()), 1)}
    for number, segment in enumerate(segments, 1):
        name, kind = _parts(segment.stretch.street)
        first, last = segment.numbers
        line = _line(segment.start, segment.end)
        yield {
            "objectid": str(number),
            "trans_id": str(100_000 + number),
            "fnode_id": nodes[segment.start],
            "tnode_id": nodes[segment.end],
            "pre_dir": segment.stretch.direction,
            "street_nam": name,
            "street_typ": kind,
            "suf_dir": None,
            "l_f_add": str(first + first % 2),
            "l_t_add": str(last - last % 2),
            "r_f_add": str(first + 1 - first % 2),
            "r_t_add": str(last - 1 + last % 2),
            "f_cross": _cross_street(segment.stretch, crossings[segment.start]),
            "t_cross": _cross_street(segment.stretch, crossings[segment.end]),
            "class": "2",
            "oneway_dir": None,
            "length": f"{_feet(segment.start, segment.end):.6f}",
            "status": "N",
            "the_geom": str(shapely.to_geojson(MultiLineString([line]))),
        }
    for objectid in SEGMENTS_WITHOUT_LINE:
        yield {"objectid": objectid, "pre_dir": "N", "street_nam": "UNBUILT", "street_typ": "AVE", "class": "4"}


def speed_cameras() -> Iterator[Row]:
    """A camera in the middle of every 40th segment."""
    for number, segment in enumerate(_segments()[::40], 1):
        first, last = segment.numbers
        longitude, latitude = _middle(segment)
        yield {
            "location_id": f"CHI{number:03}",
            "address": f"{(first + last) // 2} {segment.stretch.direction} {segment.stretch.street}",
            "first_approach": "NB" if _runs_north(segment.stretch) else "EB",
            "go_live_date": f"{2013 + number % 10}-06-01T00:00:00.000",
            **_place(longitude, latitude),
        }


def red_light_cameras() -> Iterator[Row]:
    """Cameras at every 20th crossing."""
    crossings = [(point, streets) for point, streets in sorted(_crossings().items()) if len(streets) > 1]
    for number, (point, streets) in enumerate(crossings[::20], 1):
        yield {
            "intersection": "-".join(sorted(_parts(street)[0] for street in streets)),
            "first_approach": "NB",
            "second_approach": "SB",
            "go_live_date": f"{2003 + number % 15}-03-01T00:00:00.000",
            **_place(*_coordinates()[point]),
        }


def bike_routes() -> Iterator[Row]:
    """Every second stretch, whole."""
    for number, stretch in enumerate(STRETCHES[::2], 1):
        segments = [segment for segment in _segments() if segment.stretch is stretch]
        first, last = segments[0].start, segments[-1].end
        lines = MultiLineString([_line(segment.start, segment.end) for segment in segments])
        yield {
            "objectid": str(number),
            "street": f"{stretch.direction} {stretch.street}",
            "f_street": _cross_street(stretch, _crossings()[first]),
            "t_street": _cross_street(stretch, _crossings()[last]),
            "displayrou": KINDS_OF_BIKE_ROUTE[number % len(KINDS_OF_BIKE_ROUTE)],
            "contraflow": "N",
            "the_geom": str(shapely.to_geojson(lines)),
        }


def schools() -> Iterator[Row]:
    """A school behind the middle of every 25th segment."""
    for number, segment in enumerate(_segments()[7::25], 1):
        longitude, latitude = _middle(segment)
        yield {
            "school_id": str(400_000 + number),
            "short_name": f"SCHOOL {number}",
            "long_name": f"School No. {number} of the Invented City",
            "grade_cat": ("ES", "HS")[number % 5 == 0],
            **_place(round(longitude + 0.0005, 9), round(latitude + 0.0005, 9)),
        }


@cache
def _segments() -> tuple[_Segment, ...]:
    """All streets, cut where another crosses them and at their ends."""
    return tuple(
        _Segment(stretch, start, end) for stretch in STRETCHES for start, end in pairwise(_points_along(stretch))
    )


@cache
def _crossings() -> Mapping[GridPoint, frozenset[str]]:
    """The streets that pass through or end at every point where a segment does."""
    found: dict[GridPoint, set[str]] = defaultdict(set)
    for segment in _segments():
        for point in (segment.start, segment.end):
            found[point].add(segment.stretch.street)
    return {point: frozenset(streets) for point, streets in found.items()}


@cache
def _coordinates() -> Mapping[GridPoint, tuple[float, float]]:
    points = list(_crossings())
    return dict(zip(points, coordinates_of([north for north, _ in points], [east for _, east in points]), strict=True))


def _points_along(stretch: Stretch) -> list[GridPoint]:
    """Where the street begins, is crossed and ends; by number, which grows away from the grid's origin."""
    sign = -1 if stretch.direction in "SW" else 1
    ends = {_start(stretch), stretch.last}
    crossed = {
        sign * other.across
        for other in STRETCHES
        if _runs_north(other) != _runs_north(stretch)
        and _start(stretch) <= sign * other.across <= stretch.last
        and _reaches(other, stretch.across)
    }
    numbers = sorted(ends | crossed)
    if _runs_north(stretch):
        return [(sign * number, stretch.across) for number in numbers]
    return [(stretch.across, sign * number) for number in numbers]


def _reaches(stretch: Stretch, number: int) -> bool:
    sign = -1 if stretch.direction in "SW" else 1
    return _start(stretch) <= sign * number <= stretch.last


def _start(stretch: Stretch) -> int:
    """Where it begins: the first house of all stands at the origin."""
    return 0 if stretch.first == 1 else stretch.first


def _runs_north(stretch: Stretch) -> bool:
    return stretch.direction in "NS"


def _line(start: GridPoint, end: GridPoint) -> LineString:
    return LineString([_coordinates()[start], _coordinates()[end]])


def _middle(segment: _Segment) -> tuple[float, float]:
    (west, south), (east, north) = _coordinates()[segment.start], _coordinates()[segment.end]
    return round((west + east) / 2, 9), round((south + north) / 2, 9)


def _feet(start: GridPoint, end: GridPoint) -> float:
    (west, south), (east, north) = _coordinates()[start], _coordinates()[end]
    return hypot((east - west) * FEET_PER_LONGITUDE, (north - south) * FEET_PER_LATITUDE)


def _cross_street(stretch: Stretch, streets: frozenset[str]) -> str | None:
    others = sorted(streets - {stretch.street})
    return others[0] if others else None


def _parts(street: str) -> tuple[str, str | None]:
    """The name and the kind of a street: WESTERN and AVE."""
    name, _, kind = street.rpartition(" ")
    return (name, kind) if name else (kind, None)


def _place(longitude: float, latitude: float) -> Row:
    return {
        "latitude": str(latitude),
        "longitude": str(longitude),
        "location": f"POINT ({longitude} {latitude})",
    }
