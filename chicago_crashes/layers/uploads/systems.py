"""Coordinate systems as files name them. A name is only ever looked up, never fetched or opened."""

import re

import pyproj
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled  # type: ignore[attr-defined]

from chicago_crashes.layers.features import JsonValue
from chicago_crashes.layers.uploads.texts import RefusedError, quoted

LONGITUDE_LATITUDE = pyproj.CRS.from_epsg(4326)

COMMON_AROUND_CHICAGO = (3435, 26971, 3857, 26916, 6455, 102671)
"""What maps of Chicago that do not say their system are usually in."""

ESRI_FROM = 100_000
"""Numbers above are Esri's own."""

LONGEST_DEFINITION = 20_000

_EPSG = re.compile(r"(?i)(?:urn:ogc:def:crs:EPSG:[\d.]*:|EPSG:)(\d{4,6})")
_ESRI = re.compile(r"(?i)(?:urn:ogc:def:crs:ESRI:[\d.]*:|ESRI:)(\d{4,6})")
_CRS84 = re.compile(r"(?i)(?:urn:ogc:def:crs:OGC:[\d.]*:|OGC:)CRS84h?")

# Grids for finer shifts of datum can be had over the network; a file must not make us ask for one.
set_network_enabled(active=False)


def of_definition(definition: str, where: str) -> pyproj.CRS | None:
    """The system a definition in well-known text describes; None for an empty one.

    Raises:
        RefusedError: it describes none.
    """
    text = definition.strip().strip("\0")
    if not text or text.lower() == "undefined":
        return None
    if len(text) > LONGEST_DEFINITION:
        raise RefusedError(f"{where} is too long to be a coordinate system. Save the file anew.")
    try:
        return _plain(pyproj.CRS.from_wkt(text))
    except CRSError as error:
        raise RefusedError(
            f"{where} names no coordinate system that is known: {quoted(text)}. Save the file anew, as EPSG:4326."
        ) from error


def of_number(number: int) -> pyproj.CRS:
    """The system of a number of EPSG's, or of Esri's.

    Raises:
        RefusedError: there is none.
    """
    try:
        return _plain(pyproj.CRS.from_authority("ESRI" if number > ESRI_FROM else "EPSG", number))
    except CRSError as error:
        raise RefusedError(f"There is no coordinate system EPSG:{number}. Save the file anew, as EPSG:4326.") from error


def of_geojson(member: JsonValue) -> pyproj.CRS:
    """The system the member `crs` of a GeoJSON file names. Links to definitions are not followed.

    Raises:
        RefusedError: it names none that is known.
    """
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and isinstance(member, dict) and member.get("type") == "name":
        if _CRS84.fullmatch(name.strip()):
            return LONGITUDE_LATITUDE
        for pattern in (_EPSG, _ESRI):
            if found := pattern.fullmatch(name.strip()):
                return of_number(int(found[1]))
    raise RefusedError(
        f"Its crs {quoted(str(member))} names no coordinate system: a name such as urn:ogc:def:crs:EPSG::3435 was "
        "expected; links are not followed. Save the file anew, as EPSG:4326."
    )


def name_of(crs: pyproj.CRS) -> str:
    """The system as people know it."""
    authority = crs.to_authority(min_confidence=70)
    return f"{':'.join(authority)} ({crs.name})" if authority else crs.name


def _plain(crs: pyproj.CRS) -> pyproj.CRS:
    """The system without a way to another one that the file brings along: such a way may name files to open."""
    return crs.source_crs if crs.is_bound and crs.source_crs else crs
