"""From a file's own coordinates to longitude and latitude in Chicago, or to a refusal that says what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from chicago_crashes.layers.repair import REGION
from chicago_crashes.layers.uploads.systems import COMMON_AROUND_CHICAGO, LONGITUDE_LATITUDE, name_of, of_number
from chicago_crashes.layers.uploads.texts import RefusedError

FEATURES_NAMED = 5

Geometries = NDArray[np.object_]
NameOf = Callable[[int], str]
"""How a message names the feature at a place."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Geometries in longitude and latitude, the system they came in, and what was put right."""

    geometries: Sequence[BaseGeometry | None]
    system: str
    messages: Sequence[str]


def place(geometries: Sequence[BaseGeometry | None], crs: pyproj.CRS | None, name_of_feature: NameOf) -> Placed:
    """Bring geometries to longitude and latitude; swap their axes if only so they lie where Chicago is.

    A file that does not say its system is taken for longitude and latitude if it lies in Chicago's region so.

    Raises:
        RefusedError: features lie elsewhere; it names them, and the system the file seems to be in.
    """
    given: Geometries = np.asarray(shapely.force_2d(np.asarray(geometries, dtype=object)))
    _require_finite(given, name_of_feature)
    source = crs or LONGITUDE_LATITUDE
    system = name_of(source)
    messages = [] if crs else [f"It does not say its coordinate system; its coordinates are {system} in Chicago."]
    placed = _projected(given, source)
    outside = _outside(placed)
    if not outside:
        return Placed(list(placed), system, messages)
    swapped = _projected(_swapped(given), source)
    if not _outside(swapped):
        told = "latitude before longitude" if source.is_geographic else "north before east"
        return Placed(list(swapped), system, [*messages, f"Its coordinates were {told}: they were swapped."])
    if crs is None:
        raise RefusedError(f"It does not say its coordinate system (a shapefile does so in its .prj).{_guess(given)}")
    raise _elsewhere(placed, outside, system, name_of_feature, _guess(given, crs))


def _projected(geometries: Geometries, crs: pyproj.CRS) -> Geometries:
    """The geometries in longitude and latitude; a point that has none becomes infinite."""
    if crs == LONGITUDE_LATITUDE:
        return geometries
    try:
        transformer = pyproj.Transformer.from_crs(crs, LONGITUDE_LATITUDE, always_xy=True, allow_ballpark=True)
    except ProjError as error:
        raise RefusedError(
            f"Its coordinate system {name_of(crs)} cannot be turned into longitude and latitude. Save it as EPSG:4326."
        ) from error
    return np.asarray(
        shapely.transform(geometries, lambda x, y: transformer.transform(x, y, errcheck=False), interleaved=False)
    )


def _swapped(geometries: Geometries) -> Geometries:
    return np.asarray(shapely.transform(geometries, lambda coordinates: coordinates[:, ::-1]))


def _outside(geometries: Geometries) -> list[int]:
    """The places of the geometries that do not lie in Chicago's region; what has no geometry lies nowhere."""
    west, south, east, north = REGION
    bounds = shapely.bounds(geometries)
    inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    nothing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    return [int(found) for found in np.flatnonzero(~inside & ~nothing)]


def _require_finite(geometries: Geometries, name_of_feature: NameOf) -> None:
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    broken = owners[~np.isfinite(coordinates).all(axis=1)]
    if len(broken):
        raise RefusedError(
            f"The geometry of {name_of_feature(int(broken[0]))} has a coordinate that is no number. Mend it and try "
            "again."
        )


def _elsewhere(
    geometries: Geometries, outside: Sequence[int], system: str, name_of_feature: NameOf, guess: str
) -> RefusedError:
    named = ", ".join(f"{name_of_feature(each)} at {_where(geometries[each])}" for each in outside[:FEATURES_NAMED])
    more = f" and {len(outside) - FEATURES_NAMED:,} more" if len(outside) > FEATURES_NAMED else ""
    there_are = int(np.sum(~shapely.is_missing(geometries)))
    west, south, east, north = REGION
    return RefusedError(
        f"{len(outside):,} of {there_are:,} features lie far from Chicago, read as {system}: {named}{more}. Longitudes "
        f"{west} to {east} and latitudes {south} to {north} were expected. Take them out, or set the right coordinate "
        f"system.{guess}"
    )


def _where(geometry: BaseGeometry) -> str:
    west, south, east, north = geometry.bounds
    if not np.isfinite([west, south, east, north]).all():
        return "no place on earth"
    return f"longitude {(west + east) / 2:.4f}, latitude {(south + north) / 2:.4f}"


def _guess(geometries: Geometries, besides: pyproj.CRS = LONGITUDE_LATITUDE) -> str:
    """What the coordinates look like: said, not taken, because two systems may both fit."""
    for crs in (LONGITUDE_LATITUDE, *map(of_number, COMMON_AROUND_CHICAGO)):
        if crs != besides and not _outside(_projected(geometries, crs)):
            return f" Its coordinates would fit {name_of(crs)}: if that is what they are, save it so."
    return " Save it anew, as EPSG:4326."
