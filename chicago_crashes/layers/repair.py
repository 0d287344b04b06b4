"""From geometries as they came to features that can be trusted: valid, of one shape, in Chicago, one per key, in order.

Pure functions for layers of any origin. What cannot be used is left out and named; what would mislead is refused.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
import orjson
import shapely
from shapely import MultiLineString, MultiPolygon
from shapely.geometry.base import BaseGeometry

from chicago_crashes.errors import PermanentError
from chicago_crashes.layers.features import Feature, JsonValue, Shape

REGION = (-88.8, 41.2, -87.0, 42.6)
"""West, south, east, north of what may belong to a layer: Chicago and its surroundings, generously."""

SHAPES = {"Polygon": Shape.POLYGON, "LineString": Shape.LINE, "LinearRing": Shape.LINE, "Point": Shape.POINT}
MOST_NOTES = 20


class Placement(StrEnum):
    """Where geometries lie, taken as longitude and latitude."""

    IN_REGION = "in the region"
    SWAPPED = "latitude before longitude"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feature as it came: its geometry may be missing, invalid or of several shapes, and its key may not be unique.

    `origin` is how a message names it: `feature 7`, `row row-abcd...`.
    """

    origin: str
    key: str
    label: str
    properties: Mapping[str, JsonValue]
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Features in their natural order, and what became of the candidates: each is a feature, left out, or merged.

    `repaired` counts the features whose geometry was made valid; `notes` says in words what was done to which.
    """

    features: tuple[Feature, ...]
    repaired: int
    left_out: int
    merged: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    repaired: set[str] = field(default_factory=set)
    left_out: int = 0
    merged: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(words)


def prepare(candidates: Sequence[Candidate], shape: Shape) -> Prepared:
    """Repair the candidates, leave out what has no usable geometry, make keys unique, and put all in natural order.

    Second copies are dropped. Polygons and lines of one key become one feature; points of one key stay apart, the
    second as `key (2)`.

    Raises:
        PermanentError: a geometry lies outside of Chicago's region; nothing of the layer should be stored.
    """
    tally = _Tally()
    sound = list(_sound(candidates, shape, tally))
    require_region([(candidate.origin, candidate.geometry) for candidate in sound if candidate.geometry is not None])
    features = sorted(_one_per_key(sound, shape, tally), key=_natural_place)
    repaired = len(tally.repaired & {feature.key for feature in features})
    return Prepared(tuple(features), repaired, tally.left_out, tally.merged, tuple(tally.notes))


def valid_geometry(geometry: BaseGeometry, shape: Shape) -> BaseGeometry | None:
    """The geometry made valid, as MultiPolygon, MultiLineString or Point in two dimensions; None if nothing is left.

    Only the parts of the wanted shape are kept: what repairing leaves over besides is debris.
    """
    flat = shapely.force_2d(geometry)
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        return None
    if not flat.is_valid:
        flat = shapely.make_valid(flat, method="structure", keep_collapsed=False)
    parts = [part for part in parts_of(flat) if SHAPES.get(part.geom_type) is shape and not _is_nothing(part, shape)]
    if not parts:
        return None
    match shape:
        case Shape.POINT:
            return parts[0] if len(parts) == 1 else None
        case Shape.LINE:
            return MultiLineString(parts)
        case Shape.POLYGON:
            whole = MultiPolygon(parts)
            # Two ways to write the same ring are no change of a boundary.
            return shapely.normalize(whole if whole.is_valid else _multi_polygon(shapely.union_all(parts)))


def parts_of(geometry: BaseGeometry) -> list[BaseGeometry]:
    """The simple geometries that a geometry consists of, out of every collection, none of them empty."""
    parts: list[BaseGeometry] = []
    pending = [geometry]
    while pending:
        each = pending.pop(0)
        if each.is_empty:
            continue
        if hasattr(each, "geoms"):
            pending[:0] = each.geoms
        else:
            parts.append(each)
    return parts


def geometry_of_geojson(value: object) -> BaseGeometry | None:
    """The geometry a GeoJSON object describes, valid or not; None for no object and for one without coordinates.

    Raises:
        ValueError: it is no GeoJSON geometry; the message says why.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"it is no GeoJSON geometry: {str(value)[:80]!r}")  # noqa: TRY004 - a wrong value, not a bug
    if not value.get("coordinates") and not value.get("geometries"):
        return None
    try:
        geometry: BaseGeometry = shapely.from_geojson(orjson.dumps(value))
    except shapely.errors.GEOSException as error:
        raise ValueError(f"it is no GeoJSON geometry: {error}") from error
    return geometry


def placement(geometries: Iterable[BaseGeometry]) -> Placement:
    """Whether the geometries lie in Chicago's region as they are, or would if their axes were swapped."""
    bounds = shapely.total_bounds(list(geometries))
    if _is_within(bounds, REGION):
        return Placement.IN_REGION
    south_first = (bounds[1], bounds[0], bounds[3], bounds[2])
    return Placement.SWAPPED if _is_within(south_first, REGION) else Placement.ELSEWHERE


def swap_axes(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry with the first coordinate second and the second first."""
    swapped: BaseGeometry = shapely.transform(geometry, lambda coordinates: coordinates[:, ::-1])
    return swapped


def require_region(geometries: Sequence[tuple[str, BaseGeometry]]) -> None:
    """Refuse geometries that do not lie in Chicago's region; each comes with the name that a message gives it.

    Raises:
        PermanentError: some do not; the first of them is named, and whether swapping the axes would help.
    """
    outside = [(name, each) for name, each in geometries if not _is_within(each.bounds, REGION)]
    if not outside:
        return
    name, first = outside[0]
    found = f"{len(outside)} of {len(geometries)} geometries lie outside of Chicago's region, the first is {name}"
    west, south, east, north = (f"{number:.6g}" for number in first.bounds)
    if placement([each for _, each in geometries]) is Placement.SWAPPED:
        raise PermanentError(
            f"{found}, whose coordinates are {west} {south}: latitude comes before longitude. "
            "Nothing was stored. Swap the axes, so that longitude comes first."
        )
    raise PermanentError(
        f"{found}: its longitudes are {west} to {east} and its latitudes {south} to {north}, but {REGION[0]} to "
        f"{REGION[2]} and {REGION[1]} to {REGION[3]} were expected. Nothing was stored. Check the coordinate system of "
        "the source and take out what does not belong there."
    )


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """What to sort by, so that `Ward 2` stands before `Ward 10` and letters count alike in both cases."""
    return tuple(
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece.strip().casefold())
        for piece in re.findall(r"\d{1,300}|\D+", text)
    )


def clean_text(text: str) -> str:
    """Text without the character that PostgreSQL cannot hold, and without blanks around it."""
    return text.replace("\0", "").strip()


def clean_value(value: Any) -> JsonValue:
    """A property's value as JSON can hold it: text without zero characters, and no numbers that are none."""
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {clean_text(str(name)): clean_value(each) for name, each in value.items()}
        case list() | tuple():
            return [clean_value(each) for each in value]
        case float():
            return value if np.isfinite(value) else None
        case None | bool() | int():
            return value
        case _:
            return str(value)


def _sound(candidates: Sequence[Candidate], shape: Shape, tally: _Tally) -> Iterable[Candidate]:
    """The candidates that have a usable geometry, with that geometry."""
    for candidate in candidates:
        if candidate.geometry is None or candidate.geometry.is_empty:
            tally.left_out += 1
            tally.note(f"{candidate.origin} ({candidate.label}) has no geometry and was left out")
            continue
        valid = valid_geometry(candidate.geometry, shape)
        if valid is None:
            tally.left_out += 1
            tally.note(f"{candidate.origin} ({candidate.label}) has no usable {shape} and was left out")
            continue
        if not candidate.geometry.is_valid:
            tally.repaired.add(candidate.key)
            why = shapely.is_valid_reason(candidate.geometry)
            tally.note(f"{candidate.origin} ({candidate.label}) was made valid: {why}")
        yield replace(candidate, geometry=valid)


def _one_per_key(candidates: Sequence[Candidate], shape: Shape, tally: _Tally) -> Iterable[Feature]:
    by_key: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_key[candidate.key].append(candidate)
    for key, sharing in by_key.items():
        if len(sharing) == 1:
            yield _feature(key, sharing[0], sharing)
            continue
        different = _without_copies(sharing)
        tally.left_out += len(sharing) - len(different)
        if len(sharing) > len(different):
            tally.note(f"{key} came {len(sharing)} times, {len(different)} of them different; copies were left out")
        if len(different) == 1:
            yield _feature(key, different[0], different)
        elif shape is Shape.POINT:
            tally.note(f"{key} is the key of {len(different)} points, which were numbered")
            for number, candidate in enumerate(different, 1):
                yield _feature(key if number == 1 else f"{key} ({number})", candidate, [candidate])
        else:
            tally.merged += len(different) - 1
            tally.note(f"{key} came in {len(different)} parts, which were made one")
            yield _feature(key, _united(different, shape), different)


def _without_copies(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One candidate for each geometry, from west to east, in an order that does not depend on theirs."""
    by_geometry: dict[bytes, Candidate] = {}
    for candidate in sorted(candidates, key=lambda each: (each.label, orjson.dumps(_plain(each.properties)))):
        by_geometry.setdefault(shapely.to_wkb(candidate.geometry), candidate)
    return [by_geometry[wkb] for wkb in sorted(by_geometry, key=lambda wkb: (shapely.from_wkb(wkb).bounds, wkb))]


def _united(candidates: Sequence[Candidate], shape: Shape) -> Candidate:
    geometries = [candidate.geometry for candidate in candidates]
    if shape is Shape.LINE:
        united: BaseGeometry = MultiLineString([part for each in geometries if each for part in parts_of(each)])
    else:
        united = shapely.normalize(_multi_polygon(shapely.union_all(geometries)))
    return replace(candidates[0], geometry=united)


def _feature(key: str, candidate: Candidate, parts: Sequence[Candidate]) -> Feature:
    assert candidate.geometry is not None  # noqa: S101 - only candidates with one come here
    return Feature(key, candidate.label, _properties(parts), candidate.geometry)


def _properties(parts: Sequence[Candidate]) -> dict[str, JsonValue]:
    """The properties of all parts: what they agree on as it is, what they differ in as the list of what they say."""
    if len(parts) == 1:
        return dict(parts[0].properties)
    merged: dict[str, JsonValue] = {}
    for name in sorted({name for part in parts for name in part.properties}):
        said = {orjson.dumps(part.properties.get(name), option=orjson.OPT_SORT_KEYS) for part in parts}
        values = [orjson.loads(text) for text in sorted(said)]
        merged[name] = values[0] if len(values) == 1 else values
    return merged


def _plain(properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return dict(sorted(properties.items()))


def _natural_place(feature: Feature) -> tuple[object, ...]:
    return natural_key(feature.label), natural_key(feature.key), feature.key


def _multi_polygon(geometry: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in parts_of(geometry) if part.geom_type == "Polygon"])


def _is_nothing(part: BaseGeometry, shape: Shape) -> bool:
    return (shape is Shape.POLYGON and part.area == 0) or (shape is Shape.LINE and part.length == 0)


def _is_within(bounds: Sequence[float], region: Sequence[float]) -> bool:
    """Whether bounds (west, south, east, north) lie within a region; those of nothing do not."""
    return bounds[0] >= region[0] and bounds[1] >= region[1] and bounds[2] <= region[2] and bounds[3] <= region[3]
