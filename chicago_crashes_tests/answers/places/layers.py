"""Layers for tests: drawn by hand, or the City's own boundaries as they were published."""

import json
from collections.abc import Mapping
from pathlib import Path

from chicago_crashes_tests.feeds.loading import Connection

Areas = Mapping[str, str]
"""Well-known text or GeoJSON of each area, by its key; the order is that of their positions."""


def square(west: float, south: float, size: float = 0.01) -> str:
    """A square in degrees."""
    east, north = west + size, south + size
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


def put_layer(db: Connection, name: str, areas: Areas, *, is_active: bool = True) -> None:
    """Store a layer, or a new version of it in the place of the old one."""
    ((layer_id,),) = db.execute(
        "insert into layers as known (layer, title, kind, shape, source, version, digest, features, repaired, left_out,"
        " is_active) values (%s, %s, 'uploaded', 'polygon', 'test', 1, '', %s, 0, 0, %s)"
        " on conflict (layer) do update set version = known.version + 1, is_active = excluded.is_active,"
        " features = excluded.features, loaded_at = now() returning layer_id",
        [name, name, len(areas), is_active],
    ).fetchall()
    db.execute("delete from areas where layer_id = %s", [layer_id])
    with db.cursor() as cursor:
        cursor.executemany(
            "insert into areas (layer_id, area, label, position, properties, square_feet, geometry)"
            " select %(layer)s, %(area)s, %(area)s, %(place)s, '{}', ST_Area(ST_Transform(shape, 3435)), shape from ("
            "  select ST_Multi(case when %(is_json)s then ST_GeomFromGeoJSON(%(shape)s)"
            "   else ST_GeomFromText(%(shape)s, 4326) end) as shape"
            " ) as drawn",
            [
                {"layer": layer_id, "area": area, "place": place, "shape": shape, "is_json": shape.startswith("{")}
                for place, (area, shape) in enumerate(areas.items(), 1)
            ],
        )


def published_areas(file: Path, key: str, digits: int = 0) -> Areas:
    """The polygons of a GeoJSON file by the values of a property; of equal ones the first."""
    found: dict[str, str] = {}
    for feature in json.loads(file.read_text())["features"]:
        found.setdefault(str(feature["properties"][key]).zfill(digits), json.dumps(feature["geometry"]))
    return {name: found[name] for name in sorted(found)}
