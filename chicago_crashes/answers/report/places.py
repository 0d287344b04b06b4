"""What people write to name a place, and the place that becomes of it. Nothing here asks the database."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from chicago_crashes.errors import PermanentError
from chicago_crashes.feeds.catalogue.columns import LATITUDE_BOUNDS, LONGITUDE_BOUNDS

FEET_IN: dict[str, float] = {
    "ft": 1,
    "foot": 1,
    "feet": 1,
    "yd": 3,
    "yards": 3,
    "mi": 5280,
    "mile": 5280,
    "miles": 5280,
    "m": 3.28084,
    "meters": 3.28084,
    "metres": 3.28084,
    "km": 3280.84,
}
LARGEST_RADIUS_FEET = 5 * 5280
LARGEST_FILE = 5_000_000
MOST_VERTICES = 100_000
WGS_84 = ("CRS84", "EPSG::4326", "EPSG:4326")


@dataclass(frozen=True, slots=True)
class Area:
    """One area of a polygon layer, by the names the database has for both."""

    layer: str
    area: str


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within a distance of a point."""

    latitude: float
    longitude: float
    radius_feet: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """One polygon or several that belong together, as GeoJSON in longitude and latitude."""

    geojson: str
    name: str


Place = Area | Circle | Polygon


def circle(point: str, radius: str) -> Circle:
    """The circle that `--point` and `--radius` mean."""
    latitude, longitude = _point(point)
    return Circle(latitude, longitude, _feet(radius))


def split_name(place: str) -> tuple[str, str]:
    """The layer and the area that `--place` names; the area is empty where only a layer is named."""
    layer, _colon, area = place.partition(":")
    if not layer.strip():
        raise PermanentError(
            f"{place!r} names no place. Write a layer and one of its areas, as in ward:35, "
            'community_area:"ROGERS PARK" or beat:0111.'
        )
    return layer.strip(), area.strip()


def polygon(file: Path) -> Polygon:
    """The polygon in a GeoJSON file: a geometry, a feature, or a collection of one feature."""
    content = _read(file)
    _require_longitude_and_latitude(file, content)
    return Polygon(_checked(file, _geometry(file, content)), file.name)


def _point(text: str) -> tuple[float, float]:
    parts = [part.strip() for part in text.split(",")]
    try:
        first, second = (float(part) for part in parts)
    except ValueError:
        raise PermanentError(
            f"{text!r} is no point. Write its latitude and longitude with a comma between, as in 41.8781,-87.6298."
        ) from None
    if _is_in_chicago(first, second):
        return first, second
    if _is_in_chicago(second, first):
        raise PermanentError(
            f"{text} is longitude first. Latitude comes first: --point {parts[1]},{parts[0]} is what you mean."
        )
    if _is_in_chicago(first, -second):
        raise PermanentError(f"Chicago lies west of Greenwich: --point {parts[0]},-{parts[1]} is what you mean.")
    raise PermanentError(
        f"{text} is not in Chicago, which lies between the latitudes {LATITUDE_BOUNDS[0]} and {LATITUDE_BOUNDS[1]} and "
        f"the longitudes {LONGITUDE_BOUNDS[0]} and {LONGITUDE_BOUNDS[1]}. Write latitude,longitude, as in "
        "41.8781,-87.6298."
    )


def _is_in_chicago(latitude: float, longitude: float) -> bool:
    return (
        LATITUDE_BOUNDS[0] <= latitude <= LATITUDE_BOUNDS[1] and LONGITUDE_BOUNDS[0] <= longitude <= LONGITUDE_BOUNDS[1]
    )


def _feet(text: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]+)\s*", text.casefold())
    if found is None or found[2] not in FEET_IN:
        raise PermanentError(f"{text!r} is no radius. Write a number with its unit, as in 200ft, 0.25mi or 100m.")
    feet = float(found[1]) * FEET_IN[found[2]]
    if not 0 < feet <= LARGEST_RADIUS_FEET:
        raise PermanentError(f"A radius must be more than nothing and at most 5 miles; {text} is not.")
    return feet


def _read(file: Path) -> object:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise PermanentError(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB. Simplify its outline.")
        return json.loads(file.read_bytes(), parse_constant=_refuse_constant)
    except OSError as error:
        raise PermanentError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise PermanentError(f"{file} is no GeoJSON: {error}. Export the outline as GeoJSON.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _require_longitude_and_latitude(file: Path, content: object) -> None:
    """GeoJSON is in longitude and latitude; older files may say that they are not."""
    if isinstance(content, dict) and content.get("crs") is not None:
        said = json.dumps(content["crs"])
        if not any(name in said for name in WGS_84):
            raise PermanentError(f"{file} is in another coordinate system: {said[:200]}. Export it in WGS 84.")


def _geometry(file: Path, content: object) -> dict[str, object]:
    if not isinstance(content, dict):
        raise PermanentError(f"{file} holds no GeoJSON object.")
    if content.get("type") == "FeatureCollection":
        features = content.get("features")
        if not isinstance(features, list) or len(features) != 1:
            count = len(features) if isinstance(features, list) else "no"
            raise PermanentError(
                f"{file} holds {count} features; a report is about one. Keep one, unite them, or make them a layer "
                "with `chicago-crashes layer add` and name its areas with --place."
            )
        return _geometry(file, features[0])
    if content.get("type") == "Feature":
        return _geometry(file, content.get("geometry"))
    if content.get("type") not in ("Polygon", "MultiPolygon"):
        raise PermanentError(f"{file} holds a {content.get('type')}; a report needs a Polygon or a MultiPolygon.")
    return content


def _checked(file: Path, geometry: dict[str, object]) -> str:
    """The geometry as GeoJSON without anything beside it, once it is known to be an area of Chicago."""
    import shapely
    import shapely.geometry

    try:
        shape = shapely.force_2d(shapely.geometry.shape(geometry))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.GEOSException) as error:
        raise PermanentError(f"{file} holds no usable outline: {error}.") from error
    if shape.is_empty or not all(map(math.isfinite, shape.bounds)):
        raise PermanentError(f"{file} holds an empty outline.")
    if shapely.get_num_coordinates(shape) > MOST_VERTICES:
        raise PermanentError(f"The outline in {file} has more than {MOST_VERTICES:,} corners. Simplify it.")
    west, south, east, north = shape.bounds
    if not shape.intersects(_chicago()):
        if _is_in_chicago(west, south) and _is_in_chicago(east, north):
            raise PermanentError(f"{file} has latitude first. In GeoJSON longitude comes first: swap the two.")
        raise PermanentError(
            f"{file} is nowhere near Chicago: it lies between {west:.4f}, {south:.4f} and {east:.4f}, {north:.4f}. "
            "Is it in longitude and latitude?"
        )
    if not shape.is_valid:
        raise PermanentError(f"The outline in {file} is not valid: {shapely.is_valid_reason(shape)}. Mend it.")
    return str(shapely.to_geojson(shape))


def _chicago() -> "shapely.Polygon":  # type: ignore[name-defined] # noqa: F821 - imported when it is needed
    import shapely

    return shapely.box(LONGITUDE_BOUNDS[0], LATITUDE_BOUNDS[0], LONGITUDE_BOUNDS[1], LATITUDE_BOUNDS[1])
