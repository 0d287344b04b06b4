"""Read an uploaded file, whatever kind it is. It is copied first, so that it cannot change while it is looked at."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely

from chicago_crashes.layers.uploads.archives import unpack_shapefiles
from chicago_crashes.layers.uploads.content import Content
from chicago_crashes.layers.uploads.gdal import named
from chicago_crashes.layers.uploads.geojson import read_geojson
from chicago_crashes.layers.uploads.geopackages import read_geopackage
from chicago_crashes.layers.uploads.limits import MEGABYTE, Limits
from chicago_crashes.layers.uploads.shapefiles import features_of, read_shapefile
from chicago_crashes.layers.uploads.texts import RefusedError, quoted

SUFFIXES = (".geojson", ".json", ".zip", ".gpkg")
KINDS = "GeoJSON (.geojson, .json), a zipped Shapefile (.zip) or a GeoPackage (.gpkg)"
CHUNK = 1 << 20


def read_content(file: Path, layer_in_file: str | None, limits: Limits) -> Content:
    """What the file holds, within the limits.

    Raises:
        RefusedError: it is not there, too large, damaged, dangerous, empty, or of no kind that is taken.
    """
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise RefusedError(f"Its kind is not taken: {KINDS} was expected.")
    if not file.is_file():
        raise RefusedError("There is no such file." if not file.exists() else "It is no ordinary file.")
    with tempfile.TemporaryDirectory(prefix="chicago-crashes-") as folder:
        copy = Path(folder) / f"upload{suffix}"
        _copy(file, copy, limits)
        content = _read(copy, suffix, layer_in_file, limits)
    _require_measure(content, limits)
    return content


def _read(copy: Path, suffix: str, layer_in_file: str | None, limits: Limits) -> Content:
    match suffix:
        case ".zip":
            shapefiles = unpack_shapefiles(copy, copy.parent, limits)
            return read_shapefile(shapefiles[_which(shapefiles, layer_in_file)], limits)
        case ".gpkg":
            return read_geopackage(copy, layer_in_file, limits)
        case _:
            if layer_in_file is not None:
                raise RefusedError("A GeoJSON file holds one layer. Leave --layer-in-file out.")
            return read_geojson(copy.read_bytes(), limits)


def _which(shapefiles: Mapping[str, Path], layer_in_file: str | None) -> str:
    return named({name: features_of(shp) for name, shp in shapefiles.items()}, layer_in_file, "shapefile")


def _copy(file: Path, copy: Path, limits: Limits) -> None:
    try:
        size = file.stat().st_size
        if not size:
            raise RefusedError("It is empty.")
        if size > limits.file_bytes:
            raise RefusedError(
                f"It has {size / MEGABYTE:,.1f} MB; at most {limits.file_bytes / MEGABYTE:,.1f} MB are taken. "
                "Simplify the map, or split it."
            )
        with file.open("rb") as source, copy.open("xb") as target:
            shutil.copyfileobj(source, target, CHUNK)
    except PermissionError as error:
        raise RefusedError(f"It may not be read: {quoted(str(error))}") from error


def _require_measure(content: Content, limits: Limits) -> None:
    if not any(geometry is not None and not geometry.is_empty for geometry in content.geometries):
        raise RefusedError(
            f"Its {len(content.rows):,} features have no geometry." if content.rows else "It holds no features."
        )
    vertices = int(np.sum(shapely.get_num_coordinates(np.asarray(content.geometries, dtype=object))))
    if vertices > limits.vertices:
        raise RefusedError(
            f"Its geometries have {vertices:,} points; at most {limits.vertices:,} are taken. Simplify them."
        )
