"""Files as people and their enemies bring them, tiny, made as they are needed."""

import io
import json
import sqlite3
import tempfile
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pyproj
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

LONGITUDE, LATITUDE = -87.7, 41.85
SIDE = 0.01

Geometries = Sequence[BaseGeometry | None]
Columns = Mapping[str, Sequence[Any]]


def square(place: int = 0) -> Polygon:
    """A square in Chicago; each place has its own, and none touches another."""
    west = LONGITUDE + 2 * SIDE * (place % 5)
    south = LATITUDE + 2 * SIDE * (place // 5 % 5)
    return shapely.box(west, south, west + SIDE, south + SIDE)


def squares(number: int) -> list[BaseGeometry | None]:
    return [square(place) for place in range(number)]


def bow_tie(place: int = 0) -> Polygon:
    """A square whose ring crosses itself."""
    west, south, east, north = square(place).bounds
    return Polygon([(west, south), (east, north), (east, south), (west, north), (west, south)])


def projected(geometry: BaseGeometry, epsg: int) -> BaseGeometry:
    """A geometry in another system than longitude and latitude."""
    to = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    changed: BaseGeometry = shapely.transform(geometry, to.transform, interleaved=False)
    return changed


def swapped(geometry: BaseGeometry) -> BaseGeometry:
    changed: BaseGeometry = shapely.transform(geometry, lambda coordinates: coordinates[:, ::-1])
    return changed


def feature(geometry: BaseGeometry | Mapping[str, Any] | None, **properties: Any) -> dict[str, Any]:
    described = mapping(geometry) if isinstance(geometry, BaseGeometry) else geometry
    return {"type": "Feature", "properties": properties, "geometry": described}


def collection(features: Sequence[Mapping[str, Any]], **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **members}


def geojson(path: Path, *features: Mapping[str, Any], **members: Any) -> Path:
    path.write_text(json.dumps(collection(features, **members)))
    return path


def shapefile(
    geometries: Geometries,
    columns: Columns | None = None,
    *,
    epsg: int | None = 4326,
    encoding: str = "UTF-8",
    kind: str | None = None,
) -> dict[str, bytes]:
    """The parts of a shapefile, by suffix."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.shp"
        _write(path, "ESRI Shapefile", geometries, columns, epsg, kind, encoding=encoding)
        return {part.suffix: part.read_bytes() for part in Path(folder).iterdir()}


def geopackage(path: Path, layers: Mapping[str, Geometries], columns: Columns | None = None, epsg: int = 4326) -> Path:
    for name, geometries in layers.items():
        _write(path, "GPKG", geometries, columns, epsg, None, layer=name, append=path.exists())
    return path


def altered(path: Path, *statements: str) -> Path:
    """A GeoPackage after somebody worked at it with SQL."""
    database = sqlite3.connect(path)
    try:
        # Triggers keep an index of the geometries with functions that only GDAL has.
        for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{trigger}"')
        for statement in statements:
            database.execute(statement)
        database.commit()
    finally:
        database.close()
    return path


def zipped(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.write_bytes(archive(members, method))
    return path


def archive(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return held.getvalue()


def named(parts: Mapping[str, bytes], name: str = "map") -> dict[str, bytes]:
    """The parts of a shapefile as members of a zip file."""
    return {f"{name}{suffix}": content for suffix, content in parts.items()}


def zipped_shapefile(path: Path, geometries: Geometries, columns: Columns | None = None, **options: Any) -> Path:
    return zipped(path, named(shapefile(geometries, columns, **options)))


def patched(data: bytes, place: int, replacement: bytes) -> bytes:
    return data[:place] + replacement + data[place + len(replacement) :]


def _write(
    path: Path,
    driver: str,
    geometries: Geometries,
    columns: Columns | None,
    epsg: int | None,
    kind: str | None,
    **options: Any,
) -> None:
    columns = columns or {"name": [f"Area {number}" for number in range(1, len(geometries) + 1)]}
    encoded = np.array([None if each is None else shapely.to_wkb(each) for each in geometries], dtype=object)
    first = next(each for each in geometries if each is not None)
    several = any(isinstance(each, MultiPolygon) for each in geometries)
    with warnings.catch_warnings():
        # Files without a coordinate system are what some tests are about.
        warnings.simplefilter("ignore", UserWarning)
        pyogrio.raw.write(
            path,
            geometry=encoded,
            field_data=[np.array(values, dtype=_dtype(values)) for values in columns.values()],
            fields=np.array(list(columns), dtype=object),
            driver=driver,
            crs=None if epsg is None else f"EPSG:{epsg}",
            geometry_type=kind or ("MultiPolygon" if several else first.geom_type),
            **options,
        )


def _dtype(values: Sequence[Any]) -> Any:
    kinds = {type(value) for value in values}
    return {frozenset({int}): np.int64, frozenset({float}): np.float64}.get(frozenset(kinds), object)
