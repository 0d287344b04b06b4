"""A map of a place and its crashes, without any tiles: where everything is, in the units of the drawing.

Longitude and latitude are spread evenly, which within Chicago is off by less than a line's width.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import atan2, cos, degrees, hypot, radians, sqrt
from typing import Any

from chicago_crashes.answers.report import words
from chicago_crashes.answers.report.numbers import Crash, Ground, Line

WIDTH = 760
LEAST_HEIGHT, MOST_HEIGHT = 420, 900
MARGIN = 0.06
FEET_A_DEGREE = 364_567.0
"""Of latitude, at Chicago."""

FEW_SPOTS, SINGLE_SPOTS, DENSE_SPOTS = 100, 1200, 8000
"""Of few places the circles are large; up to so many each is a circle that says what happened there, else a dot,
and of very many a small one."""

SCALES = (100, 200, 500, 1000, 2000, 2640, 5280, 10560, 26400, 52800)
KILLED_DOT = 4.5
STREET_NAMES = 10
WORST_LAST = ("none", "hurt", "serious", "killed")
CLASS_OF = {"K": "killed", "A": "serious", "B": "hurt", "C": "hurt", "O": "none", "U": "none"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of one or more crashes."""

    x: float
    y: float
    radius: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Dots:
    """Many places of one kind, as one path."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class StreetName:
    """A name along its street."""

    x: float
    y: float
    angle: float
    name: str


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """Everything to draw, from below to above."""

    width: int
    height: int
    neighbours: Sequence[str]
    streets: str
    main_streets: str
    names: Sequence[StreetName]
    outline: str
    dots: Sequence[Dots]
    spots: Sequence[Spot]
    scale_width: float
    scale_word: str
    places: int


@dataclass(frozen=True, slots=True)
class _Frame:
    west: float
    north: float
    x_scale: float
    y_scale: float
    width: int
    height: int

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        return (longitude - self.west) * self.x_scale, (self.north - latitude) * self.y_scale

    def holds(self, x: float, y: float) -> bool:
        return 0 <= x <= self.width and 0 <= y <= self.height


def place_map(ground: Ground, crashes: Sequence[Crash]) -> PlaceMap:
    """The map of a place."""
    frame = _frame(ground, crashes)
    spots = list(_spots(frame, crashes))
    as_dots = len(spots) > SINGLE_SPOTS
    feet_wide = frame.width / frame.y_scale * FEET_A_DEGREE
    scale = max((feet for feet in SCALES if feet <= feet_wide / 4), default=SCALES[0])
    return PlaceMap(
        width=frame.width,
        height=frame.height,
        neighbours=[_path(frame, each) for each in ground.neighbours],
        streets=" ".join(_path(frame, line.course) for line in ground.streets if not line.is_main),
        main_streets=" ".join(_path(frame, line.course) for line in ground.streets if line.is_main),
        names=_street_names(frame, ground.streets),
        outline=_path(frame, ground.outline) if ground.outline else "",
        dots=list(_dots(spots)) if as_dots else [],
        spots=[replace(spot, radius=KILLED_DOT) for spot in spots if spot.kind == "killed"] if as_dots else spots,
        scale_width=round(scale / FEET_A_DEGREE * frame.y_scale, 1),
        scale_word=words.distance(scale),
        places=len(spots),
    )


def _frame(ground: Ground, crashes: Sequence[Crash]) -> _Frame:
    corners = [corner for ring in _rings(ground.outline or {}) for corner in ring] or [
        (crash.longitude, crash.latitude) for crash in crashes
    ]
    west, east = min(x for x, _y in corners), max(x for x, _y in corners)
    south, north = min(y for _x, y in corners), max(y for _x, y in corners)
    flat = cos(radians((south + north) / 2))
    wide, high = max((east - west) * flat, 1e-5), max(north - south, 1e-5)
    height = round(min(max(WIDTH * high / wide, LEAST_HEIGHT), MOST_HEIGHT))
    y_scale = min(WIDTH / wide, height / high) / (1 + 2 * MARGIN)
    return _Frame(
        west=(west + east) / 2 - WIDTH / 2 / (y_scale * flat),
        north=(south + north) / 2 + height / 2 / y_scale,
        x_scale=y_scale * flat,
        y_scale=y_scale,
        width=WIDTH,
        height=height,
    )


def _rings(shape: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    """All rings and lines of a GeoJSON geometry."""
    found = shape.get("coordinates", [])
    match shape.get("type"):
        case "LineString":
            yield found
        case "Polygon" | "MultiLineString":
            yield from found
        case "MultiPolygon":
            for polygon in found:
                yield from polygon
        case "GeometryCollection":
            for each in shape["geometries"]:
                yield from _rings(each)


def _path(frame: _Frame, shape: Mapping[str, Any]) -> str:
    is_area = "Polygon" in str(shape.get("type"))
    return " ".join(
        "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in (frame.at(*corner[:2]) for corner in ring)) + ("Z" * is_area)
        for ring in _rings(shape)
        if ring
    )


def _spots(frame: _Frame, crashes: Sequence[Crash]) -> Iterator[Spot]:
    """One spot for every place, those of the worst crashes last, so that they lie above the others."""
    by_place: dict[tuple[float, float], list[Crash]] = {}
    for crash in crashes:
        by_place.setdefault((crash.longitude, crash.latitude), []).append(crash)
    size = 6.0 if len(by_place) <= FEW_SPOTS else 4.0 if len(by_place) <= SINGLE_SPOTS / 4 else 2.6
    found = []
    for (longitude, latitude), here in by_place.items():
        kind = max((CLASS_OF[crash.severity] for crash in here), key=WORST_LAST.index)
        x, y = frame.at(longitude, latitude)
        radius = min(size * sqrt(len(here)), 22)
        if kind in ("killed", "serious"):
            radius = max(radius, size * 1.3)
        found.append(Spot(round(x, 1), round(y, 1), round(radius, 1), kind, _spot_title(here)))
    yield from sorted(found, key=lambda spot: (WORST_LAST.index(spot.kind), -spot.radius))


def _spot_title(here: Sequence[Crash]) -> str:
    street = Counter(crash.street for crash in here if crash.street).most_common(1)
    where = f"{words.street(street[0][0])}: " if street else ""
    if len(here) == 1:
        return f"{where}{words.day(here[0].crash_date.date())}, {words.SEVERITIES[here[0].severity]}"
    killed, serious = sum(crash.killed for crash in here), sum(crash.seriously_injured for crash in here)
    return f"{where}{len(here):,} crashes, {killed:,} people killed, {serious:,} seriously injured"


def _dots(spots: Sequence[Spot]) -> Iterator[Dots]:
    """The spots of each kind as one path, those that would lie on each other once."""
    for kind in WORST_LAST[:-1]:
        places = dict.fromkeys((round(spot.x), round(spot.y)) for spot in spots if spot.kind == kind)
        if places:
            yield Dots(f"{kind} dense" if len(spots) > DENSE_SPOTS else kind, "".join(f"M{x} {y}h0" for x, y in places))


def _street_names(frame: _Frame, streets: Sequence[Line]) -> list[StreetName]:
    """The names of the longest streets, each once, along its longest straight part, where no other name is."""
    length: Counter[str] = Counter()
    longest: dict[str, tuple[float, StreetName]] = {}
    for line in streets:
        for ring in _rings(line.course):
            places = [frame.at(*corner[:2]) for corner in ring]
            for (x1, y1), (x2, y2) in pairwise(places):
                middle = (x1 + x2) / 2, (y1 + y2) / 2
                if not frame.holds(*middle):
                    continue
                part = hypot(x2 - x1, y2 - y1)
                length[line.name] += round(part)
                angle = (degrees(atan2(y2 - y1, x2 - x1)) + 90) % 180 - 90
                named = StreetName(round(middle[0], 1), round(middle[1], 1), round(angle, 1), words.street(line.name))
                if part > longest.get(line.name, (0.0, named))[0]:
                    longest[line.name] = (part, named)
    chosen: list[StreetName] = []
    for name, _feet in length.most_common(STREET_NAMES * 3):
        if name not in longest or len(chosen) == STREET_NAMES:
            continue
        part, named = longest[name]
        is_free = all(hypot(named.x - other.x, named.y - other.y) > 90 for other in chosen)
        if is_free and part > 6 * len(name) and _is_inside(frame, named):
            chosen.append(named)
    return chosen


def _is_inside(frame: _Frame, named: StreetName) -> bool:
    return 60 < named.x < frame.width - 60 and 40 < named.y < frame.height - 50
